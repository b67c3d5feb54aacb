// SPDX-License-Identifier: MPL-2.0
// The administrator's commands around subscriptions, deliveries and signing secrets, as the program runs them: against a
// running mediator and, where none runs, on the store itself. The test itself plays OpenCRVS's side of the webhook.
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

const data = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'unit', 'formats', 'data', 'webhook')
const shaSecret = randomUUID()
let folder, sandbox, mediator, subscriber

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ocm-e2e-commands-'))
  sandbox = await Sandbox.start(process.env.OCM_SANDBOX, folder, { port: 0 })
  const file = join(folder, 'sha-secret')
  writeFileSync(file, shaSecret, { mode: 0o600 })
  const [port, adminPort] = await freePorts(2)
  mediator = new Mediator(process.env.OCM_MEDIATOR, folder, {
    sandbox,
    port,
    adminPort,
    settings: {
      targets: { sandbox: { clients: { webhook: { sha_secret_file: file } } } },
      channels: {
        webhook: {
          enabled: true,
          callbacks: { allowed_hosts: ['127.0.0.1'], allow_private: true, allow_plaintext: true },
          queue: { first_wait: '100ms', max_wait: '200ms', max_age: '1s' }
        },
        'webhook-inbound': { enabled: true }
      }
    }
  })
  subscriber = await Subscriber.start()
}, { timeout: 60000 })

after(async () => {
  await mediator?.stop()
  await sandbox?.stop()
  subscriber?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** OpenCRVS tells of a birth of that number. */
async function hear (number) {
  const raw = readFileSync(join(data, 'record-1.8.json'), 'utf8').replaceAll('2026B7Q2K1', number)
  const answer = await request(`${mediator.url}/public/webhooks/opencrvs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature': signed(shaSecret, raw) },
    body: raw
  })
  assert.equal(answer.status, 200, answer.text)
}
const toldOf = number => until(`what is told of ${number}`, () => subscriber.seen.findLast(one => one.raw.includes(number)))
const cli = (...args) => mediator.cli(...args)
/** A command as people see it, whatever it ends with. */
const shown = (...args) => run(mediator.binary, [...args, '--config', mediator.configFile], { allowFailure: true })
const inState = (state, count) => until(`${count} deliveries to be ${state}`, async () => {
  const found = (await cli('deliveries', 'list', '--state', state, '--subscription', subscription.id)).deliveries
  return found.length === count && found
})

let client, subscription

test('with no mediator running a client is added and a callback subscribed on the store itself', async () => {
  client = await cli('clients', 'add', '--name', 'ministry', '--kind', 'webhook', '--fields', 'child.name,registration.number')
  assert.deepEqual(client.fields, ['child.name', 'registration.number'])
  assert.match(client.signing_secret, /^[0-9a-f-]{36}$/)
  const noField = await shown('clients', 'add', '--name', 'other', '--kind', 'webhook', '--fields', 'child.shoe')
  assert.equal(noField.code, 1)
  assert.match(noField.stderr, /^opencrvs-mediator: fields: names of fields/)

  const asked = ['subscriptions', 'add', '--client', 'ministry', '--contract', 'opencrvs-1', '--topic', 'birth.registered']
  const elsewhere = await shown(...asked, '--callback', 'https://elsewhere.example.org/')
  assert.equal(elsewhere.code, 1)
  assert.match(elsewhere.stderr, /callback: /)
  const unknown = await shown(...asked, '--callback', subscriber.url, '--fields', 'mother.name')
  assert.match(unknown.stderr, /fields: one is more than was granted to the client/)
  const made = await cli(...asked, '--callback', subscriber.url)
  assert.equal(made.subscriptions.length, 1)
  subscription = made.subscriptions[0]
  assert.equal(subscription.state, 'active')
  assert.equal((await shown(...asked, '--callback', subscriber.url)).code, 1, 'it is there already')
})

test('the words about subscriptions reach the running mediator', async () => {
  await mediator.start()
  const table = await shown('subscriptions', 'list', '--client', 'ministry')
  assert.equal(table.code, 0)
  assert.match(table.stdout, new RegExp(`${subscription.id} +ministry +opencrvs-1`))
  assert.equal((await cli('subscriptions', 'test', subscription.id)).verified, true)
  assert.equal((await cli('subscriptions', 'pause', subscription.id, '--reason', 'they move')).state, 'paused')
  await hear('2026BPAUSED')
  await inState('pending', 1)
  assert.equal((await cli('subscriptions', 'resume', subscription.id)).state, 'active')
  const told = await toldOf('2026BPAUSED')
  assert.equal(told.headers['x-hub-signature'], signed(client.signing_secret, told.raw))
  assert.equal((await shown('subscriptions', 'add', '--client', 'ministry')).code, 2)
})

test('what is dead of one subscription is counted, then sent again or discarded', async () => {
  subscriber.status = 500
  for (const number of ['2026BDEAD01', '2026BDEAD02', '2026BDEAD03']) await hear(number)
  await inState('dead', 3)
  const which = ['--subscription', subscription.id, '--since', '2026-01-01T00:00:00Z']

  const asking = await shown('deliveries', 'retry', ...which)
  assert.equal(asking.code, 2, 'nobody can be asked')
  assert.match(asking.stderr, /3 deliveries match: 3 dead: nothing was done; --yes says that all are meant/)
  const counted = await shown('deliveries', 'retry', ...which, '--dry-run')
  assert.equal(counted.stdout, '3 deliveries match: 3 dead\n')
  assert.equal((await cli('deliveries', 'retry', '--until', '2026-01-01T00:00:00Z', '--dry-run')).matching, 0)
  assert.equal((await shown('deliveries', 'discard')).code, 2, 'all is never meant')
  await inState('dead', 3)

  subscriber.status = 200
  const retried = await cli('deliveries', 'retry', ...which, '--error', 'bad_gateway', '--yes')
  assert.deepEqual(retried, { matching: 3, retried: 3, refused: [] })
  for (const number of ['2026BDEAD01', '2026BDEAD02', '2026BDEAD03']) await toldOf(number)
  await inState('dead', 0)

  subscriber.status = 500
  await hear('2026BDEAD04')
  const [dead] = await inState('dead', 1)
  const discarded = await cli('deliveries', 'discard', ...which, '--reason', 'they have it by post')
  assert.deepEqual(discarded, { matching: 1, discarded: 1, refused: [] }, 'one needs no --yes')
  assert.equal((await cli('deliveries', 'show', dead.id)).state, 'discarded')
  const past = await shown('transactions', 'show', dead.transaction, '--reveal', '--reason', 'the test looks')
  assert.match(past.stdout, /they have it by post/)
  subscriber.status = 200
})

test('a signing secret is rotated: 1.x is signed with the old one until the overlap is ended', async () => {
  const rotated = await cli('clients', 'rotate', 'ministry', '--overlap', '24h')
  assert.notEqual(rotated.signing_secret, client.signing_secret)
  assert.equal(rotated.subscriptions, 1)
  await hear('2026BROTATED1')
  const before = await toldOf('2026BROTATED1')
  assert.equal(before.headers['x-hub-signature'], signed(client.signing_secret, before.raw))
  assert.equal(before.headers['mediator-key-id'], rotated.old_signing_key_id)

  const subscribe = (secret, topic) => request(`${mediator.url}/webhooks`, {
    method: 'POST',
    headers: { 'x-api-key': rotated.key },
    body: { hub: { callback: subscriber.url, mode: 'subscribe', topic, secret } }
  })
  assert.equal((await subscribe(client.signing_secret, 'DEATH_REGISTERED')).status, 202)
  assert.equal((await subscribe(rotated.signing_secret, 'BIRTH_CORRECTED')).status, 202)
  assert.equal((await subscribe(randomUUID(), 'DEATH_CORRECTED')).status, 400)

  const finished = await cli('clients', 'rotate', 'ministry', '--finish')
  assert.equal(finished.old_signing_until, undefined)
  await hear('2026BROTATED2')
  const after = await toldOf('2026BROTATED2')
  assert.equal(after.headers['x-hub-signature'], signed(rotated.signing_secret, after.raw))
  assert.equal(after.headers['mediator-key-id'], rotated.signing_key_id)
  assert.equal((await subscribe(client.signing_secret, 'DEATH_CORRECTED')).status, 400)

  const { transaction } = (await inState('delivered', 6))[0]
  const { entries } = await cli('transactions', 'show', transaction)
  const attempt = entries.find(entry => entry.kind === 'attempt' && entry.entry.key_id)
  assert.equal(attempt.entry.key_id, rotated.signing_key_id, 'the record says which key signed')
  assert.equal(attempt.entry.http_status, 200)
})

test('a host that is none is told by check-config, with its place', async () => {
  const config = JSON.parse(readFileSync(mediator.configFile, 'utf8'))
  config.channels.webhook.callbacks.allowed_hosts = ['*.example.org', 'https://ministry.example.org/']
  const file = join(folder, 'wrong.json')
  writeFileSync(file, JSON.stringify(config))
  const checked = await run(mediator.binary, ['check-config', '--config', file], { allowFailure: true })
  assert.equal(checked.code, 1)
  assert.match(checked.stdout + checked.stderr, /channels\.webhook\.callbacks\.allowed_hosts/)
})

test('a subscription is removed for good', async () => {
  assert.equal((await cli('subscriptions', 'remove', subscription.id)).removed, true)
  const gone = await shown('subscriptions', 'test', subscription.id)
  assert.equal(gone.code, 1)
  assert.match(gone.stderr, /there is no such subscription/)
})
