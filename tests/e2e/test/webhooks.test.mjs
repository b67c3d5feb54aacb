// SPDX-License-Identifier: MPL-2.0
// A registration that OpenCRVS tells of reaches its subscribers: a webhook of 1.x and an action that 2.0 forwards, to a
// subscriber of 1.x's contract, which checks its own signature. The test itself plays OpenCRVS's side of the webhook.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { hubSignature as signed, Subscriber } from '../lib/hearing.mjs'
import { request } from '../lib/http.mjs'
import { Mediator } from '../lib/mediator.mjs'
import { freePorts } from '../lib/ports.mjs'
import { run, until } from '../lib/process.mjs'
import { Sandbox } from '../lib/sandbox.mjs'

const data = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'unit')
const shaSecret = randomUUID()
const number = '2026B7Q2K1'
let folder, sandbox, mediator, subscriber

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ocm-e2e-webhooks-'))
  sandbox = await Sandbox.start(process.env.OCM_SANDBOX, folder, { port: 0 })
  const secret = (name, text) => {
    const file = join(folder, name)
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
  const [port, adminPort] = await freePorts(2)
  mediator = new Mediator(process.env.OCM_MEDIATOR, folder, {
    sandbox,
    port,
    adminPort,
    settings: {
      targets: { sandbox: { clients: { webhook: { sha_secret_file: secret('sha-secret', shaSecret) } } } },
      channels: {
        webhook: {
          enabled: true,
          callbacks: { allowed_hosts: ['127.0.0.1'], allow_private: true, allow_plaintext: true },
          queue: { first_wait: '100ms' }
        },
        'webhook-inbound': { enabled: true }
      }
    }
  })
  await mediator.start()
  subscriber = await Subscriber.start()
}, { timeout: 60000 })

after(async () => {
  await mediator?.stop()
  await sandbox?.stop()
  subscriber?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const deliver = (raw, signature) => request(`${mediator.url}/public/webhooks/opencrvs`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(signature ? { 'x-hub-signature': signature } : {}) },
  body: raw
})
const record = () => readFileSync(join(data, 'formats', 'data', 'webhook', 'record-1.8.json'), 'utf8')
const ask = (client, method, path, body) => request(`${mediator.url}${path}`, {
  method,
  headers: {
    'content-type': 'application/json',
    authorization: 'Basic ' + Buffer.from(`${client.id}:${client.key}`).toString('base64')
  },
  body: body && JSON.stringify(body)
})
const hub = (client, callback, secret = client.signing_secret) =>
  ({ hub: { callback, mode: 'subscribe', topic: 'BIRTH_REGISTERED', secret } })

let client

test('a subscriber of the 1.x contract is let in once its callback has proved itself', async () => {
  const added = await run(mediator.binary, ['clients', 'add', '--name', 'ministry', '--kind', 'webhook', '--fields',
    'child-details', '--config', mediator.configFile, '--json'])
  client = JSON.parse(added.stdout)
  assert.match(client.signing_secret, /^[0-9a-f-]{36}$/)

  const wrong = await ask(client, 'POST', '/webhooks', hub(client, subscriber.url, randomUUID()))
  assert.equal(wrong.status, 400)
  assert.equal(wrong.json().hub.reason, 'hub.secret is incorrect')
  const elsewhere = await ask(client, 'POST', '/webhooks', hub(client, 'http://10.0.0.1/heard'))
  assert.equal(elsewhere.status, 400)
  assert.equal(elsewhere.text, 'Subscription callback check failed')

  for (let i = 0; i < 2; ++i) {
    const taken = await ask(client, 'POST', '/webhooks', hub(client, subscriber.url))
    assert.equal(taken.status, 202, taken.text)
    assert.equal(taken.text, '')
  }
  const { entries } = (await ask(client, 'GET', '/webhooks')).json()
  assert.equal(entries.length, 1, 'asking twice makes one subscription')
  assert.equal(entries[0].topic, 'BIRTH_REGISTERED')
})

test('what is not signed by OpenCRVS is refused and told to nobody', async () => {
  const raw = record()
  assert.equal((await deliver(raw)).status, 401)
  assert.equal((await deliver(raw, signed(randomUUID(), raw))).status, 401)
  assert.equal((await deliver(raw.replace('BIRTH', 'DEATH'), signed(shaSecret, raw))).status, 401)
  assert.equal(subscriber.seen.length, 0)
})

test('a registration reaches the subscriber once, with the fields it may have, signed', async () => {
  const raw = record()
  subscriber.status = 500
  for (let i = 0; i < 3; ++i) {
    const answer = await deliver(raw, signed(shaSecret, raw))
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.json(), {})
  }
  await until('the first try', () => subscriber.seen.length > 0)
  subscriber.status = 200
  await until('it to be delivered', async () =>
    (await mediator.cli('deliveries', 'list', '--state', 'delivered')).deliveries.some(d => d.kind === 'webhook'),
  { timeoutMs: 30000 })

  const ids = new Set(subscriber.seen.map(one => one.headers['mediator-delivery-id']))
  assert.equal(ids.size, 1, 'heard three times, told once, repeated under one id')
  const last = subscriber.seen.at(-1)
  assert.equal(last.headers['x-hub-signature'], signed(client.signing_secret, last.raw))
  const body = JSON.parse(last.raw)
  assert.equal(body.event.hub.topic, 'BIRTH_REGISTERED')
  assert.match(last.raw, new RegExp(number))
  const roles = JSON.parse(raw).event.context[0].entry.filter(e => e.resource.resourceType === 'Patient')
  const mother = roles.map(e => e.resource).find(p => p.id.startsWith('90700000'))
  assert.doesNotMatch(last.raw, new RegExp(mother.name[0].given[0]), 'the mother was not granted')
  const told = subscriber.seen.length
  await new Promise(resolve => setTimeout(resolve, 500))
  assert.equal(subscriber.seen.length, told)
})

test('what waits while the mediator is killed is delivered afterwards, and nothing is taken for unsubscribed', async () => {
  subscriber.status = 500
  const before = subscriber.seen.length
  const numbers = Array.from({ length: 20 }, (_, i) => `2026B8${String(i).padStart(3, '0')}`)
  for (const each of numbers) {
    const raw = record().replaceAll(number, each)
    assert.equal((await deliver(raw, signed(shaSecret, raw))).status, 200)
  }
  await until('a first try', () => subscriber.seen.length > before)
  await mediator.kill()
  await mediator.start()
  subscriber.status = 200
  const told = each => subscriber.seen.some(one => one.raw.includes(each))
  await until('all of them', () => numbers.every(told))
  await until('them to be recorded', async () =>
    (await mediator.cli('deliveries', 'list', '--state', 'pending')).deliveries.length === 0)
  assert.equal((await mediator.cli('deliveries', 'list', '--state', 'discarded')).deliveries.length, 0)
})

test('a subscriber that is gone for good ends its subscription', async () => {
  const raw = record().replaceAll(number, '2026B7Q2K2')
  subscriber.status = 410
  assert.equal((await deliver(raw, signed(shaSecret, raw))).status, 200)
  const ended = await until('the subscription to end', async () => {
    const { subscriptions } = await mediator.cli('subscriptions', 'list')
    return subscriptions.find(one => one.state === 'ended')
  })
  assert.match(ended.why, /410|gone/)
})

test('no name of the record is in the log', () => {
  const names = JSON.parse(record()).event.context[0].entry.flatMap(({ resource }) => resource.name ?? [])
    .flatMap(name => [...(name.given ?? []), ...[name.family].flat()]).filter(name => name && name.length > 3)
  assert.ok(names.length > 2)
  for (const name of names) assert.ok(!mediator.printed().includes(name), 'a name of a person is in the log')
})
