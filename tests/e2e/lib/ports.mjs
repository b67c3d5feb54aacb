// SPDX-License-Identifier: MPL-2.0
import { createServer } from 'node:net'

function listen (port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}

const close = server => new Promise(resolve => server.close(resolve))

/** `count` different free ports: all are held open until the last is known. */
export async function freePorts (count, host = '127.0.0.1') {
  const servers = []
  for (let i = 0; i < count; i++) servers.push(await listen(0, host))
  const ports = servers.map(server => server.address().port)
  await Promise.all(servers.map(close))
  return ports
}

/** The preferred port where it is free, else any. */
export async function portNear (preferred, host = '127.0.0.1') {
  try {
    const server = await listen(preferred, host)
    await close(server)
    return preferred
  } catch {
    return (await freePorts(1, host))[0]
  }
}
