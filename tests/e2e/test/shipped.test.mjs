// SPDX-License-Identifier: MPL-2.0
// Safe as shipped: the example configuration, with nothing but its paths and addresses filled in, started for real.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { request } from '../lib/http.mjs'
import { freePorts } from '../lib/ports.mjs'
import { Child, run, until } from '../lib/process.mjs'

const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
let folder, port, adminPort, mediator, config

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ocm-e2e-shipped-'))
  const secret = name => {
    const file = join(folder, name)
    writeFileSync(file, 'a secret\n', { mode: 0o600 })
    return file
  }
  ;[port, adminPort] = await freePorts(2)
  const example = readFileSync(join(repository, 'config', 'mediator.example.json'), 'utf8')
    .replace('/etc/opencrvs-mediator/openhim-password', secret('openhim-password'))
    .replace('/etc/opencrvs-mediator/notification-secret', secret('notification-secret'))
    .replace('/etc/opencrvs-mediator/country/map.json', join(repository, 'config', 'countries', 'farajaland', 'map.json'))
    .replace('/var/lib/opencrvs-mediator/mediator.db', join(folder, 'mediator.db'))
    // Nobody answers there, and nothing leaves this machine.
    .replace('https://openhim.example.org:8080', 'https://127.0.0.1:9')
    .replace('https://gateway.crvs.example.org', 'https://127.0.0.1:9')
    .replace('"port": 8480', `"port": ${port}`)
    .replace('"port": 8481', `"port": ${adminPort}`)
  config = join(folder, 'mediator.json')
  writeFileSync(config, example)
  mediator = new Child('mediator', process.env.OCM_MEDIATOR, ['serve', '--config', config], { logFile: join(folder, 'log') })
  await until('the mediator to be ready', async () => {
    if (mediator.exit) throw new Error(mediator.tail())
    return (await request(`http://127.0.0.1:${adminPort}/health/ready`)).status === 200
  })
}, { timeout: 60000 })

after(async () => {
  await mediator?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const post = (path, headers = {}) =>
  request(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: {}, headers })

test('it serves though OpenHIM and OpenCRVS are away, and says so', async () => {
  const readiness = (await request(`http://127.0.0.1:${adminPort}/health/ready`)).json()
  assert.equal(readiness.status, 'degraded')
})

test('nobody is let in: no client, no peer, no default password', async () => {
  for (const path of ['/notification', '/fhir', '/fhir/$process-message', '/vital-events', '/dhis2/tracker']) {
    assert.equal((await post(path)).status, 401, path)
  }
  const spoofed = { 'x-openhim-transactionid': 'f'.repeat(24), 'x-openhim-clientid': 'hospital' }
  assert.equal((await post('/crvs/notification', spoofed)).status, 401)
  const basic = `Basic ${Buffer.from('admin:admin').toString('base64')}`
  assert.equal((await post('/notification', { authorization: basic })).status, 401)
})

test('only the notification channel is there', async () => {
  for (const path of ['/graphql', '/registry/sync/search', '/public/webhooks/opencrvs', '/events/registration', '/fhir/Subscription', '/audit']) {
    assert.equal((await post(path)).status, 404, path)
  }
})

test('nobody is told of registrations: the webhook channel is switched off, for its clients too', async () => {
  assert.equal((await post('/webhooks')).status, 401)
  const { stdout } = await run(process.env.OCM_MEDIATOR,
    ['clients', 'add', '--name', 'ministry', '--kind', 'webhook', '--config', config, '--json'])
  const client = JSON.parse(stdout)
  const authorization = `Basic ${Buffer.from(`${client.id}:${client.key}`).toString('base64')}`
  const refused = await post('/webhooks', { authorization })
  assert.equal(refused.status, 503)
  assert.match(refused.text, /switched off/)
})

test('both ports listen on this machine only', async () => {
  const outside = Object.values(networkInterfaces()).flat().find(address => address.family === 'IPv4' && !address.internal)
  if (!outside) return
  for (const p of [port, adminPort]) {
    await assert.rejects(request(`http://${outside.address}:${p}/health/live`), `port ${p} listens on ${outside.address}`)
  }
})

test('commands on the admin port need the token', async () => {
  const admin = (path, headers) => request(`http://127.0.0.1:${adminPort}${path}`, { method: 'POST', body: {}, headers })
  assert.equal((await admin('/api/commands/clients.list')).status, 401)
  assert.equal((await admin('/api/commands/clients.list', { authorization: 'Bearer guess' })).status, 401)
})
