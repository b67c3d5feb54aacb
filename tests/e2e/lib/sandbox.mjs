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

/** What a client that hears of registrations, and asks back where that is needed, is given. */
const hearingScopesOf = version => version >= '2.0'
  ? ['type=record.read', 'type=record.search']
  : version === '1.9' ? ['webhook', 'recordsearch'] : ['webhook']

export class Sandbox {
  /**
   * `webhook`: a client {id, secret, sha} that hears of registrations, of the sections it is permitted. `forwardTo`:
   * where the country configuration of 1.9 and 2.0 sends a copy of each action. `searcher`: a client {id, secret} of 1.x
   * that may search records. `countryConfig`: address of a country configuration that is asked before an action.
   */
  static async start (binary, folder, { port = 0, version = '2.0', webhook, forwardTo, searcher, countryConfig } = {}) {
    const sandbox = new Sandbox()
    sandbox.client = { id: randomUUID(), secret: randomBytes(16).toString('hex') }
    sandbox.version = version
    sandbox.process = new Child('sandbox', binary,
      ['--host', '127.0.0.1', '--port', String(port), '--version', version,
        '--client', `${sandbox.client.id}:${sandbox.client.secret}:${scopesOf(version).join(';')}`,
        ...(webhook
          ? ['--client', `${webhook.id}:${webhook.secret}:${hearingScopesOf(version).join(';')}:${webhook.sha}:${webhook.sections.join(',')}`]
          : []),
        ...(searcher && version < '1.9' ? ['--client', `${searcher.id}:${searcher.secret}:recordsearch`] : []),
        ...(countryConfig ? ['--country-config', countryConfig] : []),
        ...(forwardTo && version >= '1.9' ? ['--forward-actions-to', forwardTo] : [])],
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

  /** Its last requests, oldest first: {method, path, status}. */
  requests () { return this.#json('GET', '/sandbox/requests') }

  /** A registrar registers the record with that id or tracking id; its number. */
  async register (key) { return (await this.#json('POST', `/sandbox/register/${key}`)).registrationNumber }

  faults (...rules) { return this.#json('POST', '/sandbox/faults', { rules }) }
  noFaults () { return this.#json('DELETE', '/sandbox/faults') }

  stop () { return this.process.stop() }
}
