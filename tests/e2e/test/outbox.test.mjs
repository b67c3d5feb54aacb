// SPDX-License-Identifier: MPL-2.0
// Notifications accepted while OpenCRVS cannot take them: delivered exactly once, and OpenHIM is told the end.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { birth } from '../lib/fixtures.mjs'
import { until } from '../lib/process.mjs'
import { World } from '../lib/world.mjs'

let world, hospital

before(async () => {
  world = await World.start({ settings: { channels: { notification: { queue: { first_wait: '300ms', max_wait: '1s' } } } } })
  hospital = await world.addHospital('hospital', { onOutage: 'queue' })
}, { timeout: 180000 })
after(async () => { await world?.stop() })

const down = () => world.sandbox.faults({ match: 'POST /events/*', kind: 'status', status: 503 })
const ended = (id, status) => until(`the transaction to be ${status}`, async () => {
  const transaction = await world.core.transaction(id)
  return transaction.status === status && transaction
}, { timeoutMs: 30000 })

test('while OpenCRVS is down it is accepted; when it is up it is delivered once and OpenHIM says Successful', async () => {
  const notice = birth()
  await down()
  const accepted = await world.notify(hospital, notice.document)
  assert.equal(accepted.status, 202, accepted.text)
  assert.match(accepted.headers.location, /\/notifications\/[0-9a-f-]{36}$/)
  const id = accepted.headers['x-openhim-transactionid']
  const waiting = await until('core to save its copy', async () => {
    const saved = await world.core.get(`/transactions/${id}`)
    return saved.response && saved
  })
  assert.equal(waiting.status, 'Processing')
  assert.ok(!waiting.error, 'OpenHIM would repeat what is ours to repeat')

  const again = await world.notify(hospital, notice.document)
  assert.equal(again.status, 202)
  assert.equal(again.headers.location, accepted.headers.location)

  await world.sandbox.noFaults()
  const done = await ended(id, 'Successful')
  assert.equal(done.response.status, 200)
  assert.equal(JSON.parse(done.response.body).state, 'delivered')
  assert.ok(!done.error)
  assert.ok(done.orchestrations.some(step => step.name === 'Notify event' && step.response?.status === 200))
  assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
})

test('kill -9 while it is queued: it is delivered once all the same', async () => {
  const notice = birth()
  await down()
  const accepted = await world.notify(hospital, notice.document)
  assert.equal(accepted.status, 202, accepted.text)
  await world.mediator.kill()
  await world.sandbox.noFaults()
  await world.mediator.start()
  await ended(accepted.headers['x-openhim-transactionid'], 'Successful')
  assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
})

test('no worker of core died', () => { assert.equal(world.core.workerDeaths(), 0) })
