# Compiler flags every target of ours shares: warnings are errors, sanitizers by preset, ccache where it exists.
add_library(ocm_flags INTERFACE)
target_compile_options(ocm_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Woverloaded-virtual
  -Wconversion -Wsign-conversion -Wformat=2 -Wimplicit-fallthrough -Werror -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside libstdc++ and Boost coroutine frames at -O2; they are not about our code.
  target_compile_options(ocm_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-mismatched-new-delete)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's own std::stable_sort calls what it marks as deprecated; g++ does not warn there.
  target_compile_options(ocm_flags INTERFACE -Wno-deprecated-declarations)
endif()
if(OCM_SANITIZE)
  target_compile_options(ocm_flags INTERFACE -fsanitize=${OCM_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(ocm_flags INTERFACE -fsanitize=${OCM_SANITIZE})
  if(OCM_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fences are not understood by the sanitizer; what we hand between threads goes through mutexes as well.
    target_compile_options(ocm_flags INTERFACE -Wno-tsan)
  endif()
  if(OCM_SANITIZE MATCHES "undefined")
    target_compile_options(ocm_flags INTERFACE -fno-sanitize-recover=all)
  endif()
endif()
if(OCM_FUZZ)
  target_compile_options(ocm_flags INTERFACE -fsanitize=fuzzer-no-link -fno-sanitize=function)
endif()

find_program(OCM_CCACHE ccache)
if(OCM_CCACHE)
  # Without this sloppiness ccache does not keep what uses a precompiled header, which is every test.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${OCM_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()
