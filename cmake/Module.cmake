# ocm_module(NAME DIR <source folder> USES <modules...> LINKS <libraries...> SOURCES <files...>)
#
# A folder is a target with its own include root, so `#include "store/store.hpp"` compiles only where the
# target names `store` in USES. The root is a build folder that holds one symlink to the source folder.
function(ocm_module NAME)
  cmake_parse_arguments(M "" "DIR" "USES;LINKS;SOURCES" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/roots/${NAME})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${M_DIR} ${root}/${NAME} SYMBOLIC)
  add_library(ocm_${NAME} STATIC ${M_SOURCES})
  target_include_directories(ocm_${NAME} PUBLIC ${root})
  foreach(used IN LISTS M_USES)
    target_link_libraries(ocm_${NAME} PUBLIC ocm_${used})
  endforeach()
  target_link_libraries(ocm_${NAME} PUBLIC ${M_LINKS} PRIVATE ocm_flags)
endfunction()
