// SPDX-License-Identifier: MPL-2.0
// What the other tests rely on: a real core starts on the in-memory database, routes, reruns and forgets; and the
// count of dead workers notices the answer that kills one, so that "no worker died" can fail.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Core } from '../lib/core.mjs'
import { until } from '../lib/process.mjs'

const urn = 'urn:mediator:harness'
let folder, core, stub, port, answer, client

const envelope = orchestrations => JSON.stringify({
  'x-mediator-urn': urn,
  status: 'Successful',
  response: { status: 200, headers: { 'content-type': 'text/plain' }, body: 'done', timestamp: new Date().toISOString() },
  orchestrations
})
const sound = { name: 'Step', request: { host: 'h', port: '1', path: '/p', method: 'GET', headers: {}, body: '', timestamp: new Date().toISOString() } }

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ocm-e2e-'))
  core = await Core.start(folder)
  stub = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json+openhim' }).end(answer()))
  })
  await new Promise(resolve => stub.listen(0, '127.0.0.1', resolve))
  port = stub.address().port
  answer = () => envelope([sound])
}, { timeout: 120000 })

after(async () => {
  await core?.down()
  stub?.close()
  rmSync(folder, { recursive: true, force: true })
})

const route = () => ({ name: 'Stub', host: '127.0.0.1', port, primary: true, type: 'http' })

test('a mediator registers, beats and has its channel installed', async () => {
  await core.send('POST', '/mediators', {
    urn,
    version: '1.0.0',
    name: 'Harness',
    endpoints: [route()],
    defaultChannelConfig: [{ name: 'Harness', urlPattern: '^/harness$', methods: ['POST'], type: 'http', allow: ['harness-role'], authType: 'private', routes: [route()], requestBody: true, responseBody: true }]
  })
  await core.send('POST', `/mediators/${urn}/heartbeat`, { uptime: 1 })
  await core.send('POST', `/mediators/${urn}/channels`, ['Harness'])
  assert.equal((await core.get(`/mediators/${urn}`)).version, '1.0.0')
  assert.ok((await core.get('/channels')).some(channel => channel.name === 'Harness'))
})

test('a message is routed, recorded and run again', async () => {
  client = await core.addClient('harness-client', ['harness-role'])
  const routed = await until('the new channel to be used', async () => {
    const got = await core.route(client, 'POST', '/harness', { a: 1 })
    return got.status === 200 && got
  })
  assert.equal(routed.text, 'done')
  const id = routed.headers['x-openhim-transactionid']
  const first = await core.transaction(id)
  assert.equal(first.status, 'Successful')
  assert.ok(first.orchestrations.some(step => step.name === 'Step'))
  const again = await core.rerun(id)
  assert.equal(again.status, 'Successful')
  assert.equal(core.workerDeaths(), 0)
})

test('a dead worker is counted', async () => {
  answer = () => envelope([{ name: 'no request' }])
  await core.route(client, 'POST', '/harness', { a: 2 }).catch(() => {})
  await until('the worker to die', () => core.workerDeaths() === 1)
  await sleep(2500) // core replaces it after two seconds
})

test('a restarted core has forgotten everything', async () => {
  await core.restartEmpty()
  assert.equal((await core.api('POST', `/mediators/${urn}/heartbeat`, { uptime: 2 })).status, 404)
  assert.equal(core.workerDeaths(), 1)
})
