// SPDX-License-Identifier: MPL-2.0
// The sandbox OpenCRVS: the binary built from tests/support/sandbox, and what a test looks into or breaks in it.
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { request } from './http.mjs'
import { Child } from './process.mjs'

/** What the event notification client of a version is given. */
const scopesOf = version => version >= '2.0'
  ? ['type=record.create', 'type=record.notify']
  : version === '1.9'
    ? ['notification-api', 'record.create[event=birth|death]', 'record.notify[event=birth|death]']
    : [...(version < '1.7' ? ['declare'] : []), 'notification-api']

export class Sandbox {
  static async start (binary, folder, { port = 0, version = '2.0' } = {}) {
    const sandbox = new Sandbox()
    sandbox.client = { id: randomUUID(), secret: randomBytes(16).toString('hex') }
    sandbox.version = version
    sandbox.process = new Child('sandbox', binary,
      ['--host', '127.0.0.1', '--port', String(port), '--version', version,
        '--client', `${sandbox.client.id}:${sandbox.client.secret}:${scopesOf(version).join(';')}`],
      { logFile: join(folder, 'sandbox.log') })
    sandbox.url = (await sandbox.process.waitForLine(/listening on (http:\/\/\S+)/))[1]
    return sandbox
  }

  async #json (method, path, body) {
    const answer = await request(this.url + path, { method, body })
    if (answer.status >= 300) throw new Error(`sandbox: ${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.text ? answer.json() : undefined
  }

  async events () {
    const listed = await this.#json('GET', '/sandbox/events')
    return Array.isArray(listed) ? listed : listed.events
  }

  event (id) { return this.#json('GET', `/sandbox/events/${id}`) }

  /** The records about a child or a deceased of that given name. */
  async eventsOf (given) { return (await this.events()).filter(event => JSON.stringify(event).includes(given)) }

  faults (...rules) { return this.#json('POST', '/sandbox/faults', { rules }) }
  noFaults () { return this.#json('DELETE', '/sandbox/faults') }

  stop () { return this.process.stop() }
}
