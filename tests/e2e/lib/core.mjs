// SPDX-License-Identifier: MPL-2.0
// A real OpenHIM core 4.0.5 on an in-memory database, and a client of its API.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { basic, request } from './http.mjs'
import { freePorts, portNear } from './ports.mjs'
import { Child, until } from './process.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const nodeModules = join(here, '..', 'node_modules')
const minimongoFile = join(here, '..', '..', 'support', 'minimongo', 'minimongo.js')
const coreFolder = join(nodeModules, 'openhim-core')

export const coreVersion = () => createRequire(import.meta.url)(join(coreFolder, 'package.json')).version
export const coreCertificateFile = join(coreFolder, 'resources', 'certs', 'default', 'cert.pem')
const root = { username: 'root@openhim.org', password: 'openhim-password' }

/** SHA-256 of core's bundled certificate (DER), lower-case hex. */
export function coreCertificateSha256 () {
  const pem = readFileSync(coreCertificateFile, 'utf8')
  return createHash('sha256').update(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')).digest('hex')
}

export class Core {
  /** Starts the database and core, with its files in `folder`. `preferred` names ports to take where they are free. */
  static async start (folder, { preferred = {} } = {}) {
    const core = new Core()
    const names = ['mongo', 'router', 'routerTls', 'api', 'rerun', 'tcp', 'polling']
    const free = await freePorts(names.length)
    core.ports = {}
    for (const [i, name] of names.entries()) core.ports[name] = preferred[name] ? await portNear(preferred[name]) : free[i]
    core.folder = folder
    core.deadWorkers = 0
    core.apiUrl = `https://localhost:${core.ports.api}`
    core.routerUrl = `http://127.0.0.1:${core.ports.router}`
    core.ca = readFileSync(coreCertificateFile)
    core.#writeConfig()
    await core.up()
    return core
  }

  #writeConfig () {
    const host = '127.0.0.1'
    const url = `mongodb://${host}:${this.ports.mongo}/openhim`
    this.configFile = join(this.folder, 'openhim-core.json')
    writeFileSync(this.configFile, JSON.stringify({
      bindAddress: host,
      mongo: { url, atnaUrl: url },
      logger: { level: 'info', logToDB: false },
      router: { externalHostname: 'localhost', httpPort: this.ports.router, httpsPort: this.ports.routerTls, timeout: 60000 },
      api: { enabled: true, httpsPort: this.ports.api, authWindowSeconds: 10 },
      rerun: { httpPort: this.ports.rerun, host, processor: { enabled: true, pollPeriodMillis: 1000 } },
      tcpAdapter: { httpReceiver: { httpPort: this.ports.tcp, host } },
      polling: { enabled: true, pollingPort: this.ports.polling, host },
      alerts: { enableAlerts: false },
      reports: { enableReports: false },
      bodyCull: { enabled: false }
    }, null, 2))
  }

  /** Database and core, up; the database is empty each time. */
  async up () {
    this.mongo = new Child('minimongo', process.execPath, [minimongoFile, String(this.ports.mongo), '127.0.0.1'],
      { env: { NODE_PATH: nodeModules }, logFile: join(this.folder, 'minimongo.log') })
    await this.mongo.waitForLine(/^minimongo /, 15000)
    // Core 4 leaves a promise of its metrics uncaught: without the flag Node ends its worker for that.
    this.process = new Child('openhim-core', process.execPath,
      ['--unhandled-rejections=warn', join(coreFolder, 'lib', 'server.js'), `--conf=${this.configFile}`],
      { cwd: this.folder, env: { NODE_ENV: 'production' }, logFile: join(this.folder, 'openhim-core.log') })
    await this.process.waitForLine(/OpenHIM server started/, 60000)
    await until('the OpenHIM API', async () => (await request(`${this.apiUrl}/heartbeat`, { ca: this.ca })).status === 200)
    this.salt = undefined
  }

  async down () {
    await this.process?.stop()
    this.deadWorkers += this.process?.lines.filter(line => /worker \d+ died/.test(line)).length ?? 0
    await this.mongo?.stop()
  }

  /** As if its server had been replaced: the same addresses, nothing in it. */
  async restartEmpty () { await this.down(); await this.up() }

  /** Worker processes of core that died so far: what a malformed mediator answer does to it. */
  workerDeaths () {
    return this.deadWorkers + (this.process.exit ? 0 : this.process.lines.filter(line => /worker \d+ died/.test(line)).length)
  }

  /** A call of its API as the root user, by the token scheme (core 4 has no other). */
  async api (method, path, body) {
    if (!this.salt) {
      const answer = await request(`${this.apiUrl}/authenticate/${root.username}`, { ca: this.ca })
      if (answer.status !== 200) throw new Error(`core answered ${answer.status} to /authenticate`)
      this.salt = answer.json().salt
    }
    const sha = text => createHash('sha512').update(text).digest('hex')
    const ts = new Date().toISOString()
    const salt = randomUUID()
    const headers = {
      'auth-username': root.username,
      'auth-ts': ts,
      'auth-salt': salt,
      'auth-token': sha(sha(this.salt + root.password) + salt + ts)
    }
    return request(this.apiUrl + path, { method, headers, body, ca: this.ca })
  }

  async get (path) {
    const answer = await this.api('GET', path)
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`)
    return answer.json()
  }

  async send (method, path, body) {
    const answer = await this.api(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer
  }

  /** A client of OpenHIM that may use channels with these roles. Core reads clients once a second. */
  async addClient (clientID, roles, password = randomBytes(12).toString('hex')) {
    const passwordSalt = randomBytes(8).toString('hex')
    await this.send('POST', '/clients', {
      clientID,
      name: clientID,
      clientDomain: `${clientID}.example.org`,
      roles,
      passwordAlgorithm: 'sha512',
      passwordSalt,
      passwordHash: createHash('sha512').update(password + passwordSalt).digest('hex')
    })
    return { clientID, password }
  }

  /** A message through the router, as a system in the field sends it. */
  route (client, method, path, body, { headers = {}, timeoutMs } = {}) {
    const authorization = client ? { authorization: basic(client.clientID, client.password) } : {}
    return request(this.routerUrl + path, { method, headers: { ...authorization, ...headers }, body, timeoutMs })
  }

  /** A transaction as it stands once its status is final. */
  async transaction (id, timeoutMs = 20000) {
    return until(`transaction ${id} to be final`, async () => {
      const transaction = await this.get(`/transactions/${id}`)
      return transaction.status !== 'Processing' && transaction.response && transaction
    }, { timeoutMs, everyMs: 200 })
  }

  transactions (limit = 50) {
    return this.get(`/transactions?filterRepresentation=full&filterLimit=${limit}&filterPage=0&filters=${encodeURIComponent('{}')}`)
  }

  /** Runs a transaction again and resolves with the new one. */
  async rerun (id) {
    await this.send('POST', '/tasks', { tids: [id], batchSize: 1, paused: false })
    return until(`the rerun of ${id}`, async () => {
      const found = (await this.transactions()).find(t => t.parentID === id && t.status !== 'Processing' && t.response)
      return found
    }, { timeoutMs: 30000, everyMs: 300 })
  }
}
