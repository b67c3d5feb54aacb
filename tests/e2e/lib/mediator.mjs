// SPDX-License-Identifier: MPL-2.0
// The mediator under test: its configuration for a core and a target given, its process and its command line.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { coreCertificateFile } from './core.mjs'
import { request } from './http.mjs'
import { Child, run, until } from './process.mjs'

const countryMap = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'config', 'countries', 'farajaland', 'map.json')

export const urn = 'urn:mediator:opencrvs-mediator'

export function merge (into, from) {
  for (const [key, value] of Object.entries(from ?? {})) {
    if (value && typeof value === 'object' && !Array.isArray(value)) merge(into[key] ??= {}, value)
    else into[key] = value
  }
  return into
}

export class Mediator {
  /** Writes the configuration; `settings` are merged over it. Nothing runs yet. */
  constructor (binary, folder, { core, sandbox, port, adminPort, settings }) {
    Object.assign(this, { binary, folder })
    this.url = `http://127.0.0.1:${port}`
    this.adminUrl = `http://127.0.0.1:${adminPort}`
    this.configFile = join(folder, 'mediator.json')
    const secret = (name, text) => {
      const file = join(folder, name)
      writeFileSync(file, `${text}\n`, { mode: 0o600 })
      return file
    }
    const config = {
      server: { host: '127.0.0.1', port, public_host: '127.0.0.1' },
      admin: { host: '127.0.0.1', port: adminPort },
      targets: {
        sandbox: {
          version: sandbox.version,
          gateway_url: sandbox.url,
          ...(sandbox.version < '1.9' ? { auth_url: sandbox.url } : {}),
          clients: {
            notification: { client_id: sandbox.client.id, client_secret_file: secret('target-secret', sandbox.client.secret) }
          }
        }
      },
      country: { map_file: countryMap },
      store: { path: join(folder, 'mediator.db') }
    }
    if (core) {
      config.openhim = {
        api_url: core.apiUrl,
        username: 'root@openhim.org',
        password_file: secret('openhim-password', 'openhim-password'),
        ca_file: coreCertificateFile,
        install_channels: true,
        heartbeat_interval: '1s',
        peers: ['127.0.0.1']
      }
    }
    writeFileSync(this.configFile, JSON.stringify(merge(config, settings), null, 2))
  }

  async start () {
    this.process = new Child('mediator', this.binary, ['serve', '--config', this.configFile],
      { logFile: join(this.folder, 'mediator.log') })
    await until('the mediator to be ready', async () => {
      if (this.process.exit) throw new Error(`the mediator ended\n${this.process.tail()}`)
      return (await request(`${this.adminUrl}/health/ready`)).status === 200
    }, { timeoutMs: 30000, everyMs: 50 }).catch(error => { throw new Error(`${error.message}\n${this.process.tail()}`, { cause: error }) })
    return this
  }

  async readiness () { return (await request(`${this.adminUrl}/health/ready`)).json() }

  /** A command of its command line, with the configuration; resolves with what it printed as JSON. */
  async cli (...args) {
    const { stdout } = await run(this.binary, [...args, '--config', this.configFile, '--json'])
    return JSON.parse(stdout)
  }

  addClient (name, openhimClient, { kind = 'event-notification', onOutage = 'refuse', contract = '1.8' } = {}) {
    return this.cli('clients', 'add', '--name', name, '--kind', kind, '--on-outage', onOutage, '--contract-version', contract, ...(openhimClient ? ['--openhim-client', openhimClient] : []))
  }

  /** Everything it has printed since its start. */
  printed () { return this.process.lines.join('\n') }

  stop () { return this.process?.stop() }
  kill () { return this.process.kill() }
}
