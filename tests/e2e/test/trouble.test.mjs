// SPDX-License-Identifier: MPL-2.0
// What happens when OpenCRVS, OpenHIM or the mediator itself fails in the middle: nothing is lost, nothing is doubled.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { birth, trackingId } from '../lib/fixtures.mjs'
import { basic, request } from '../lib/http.mjs'
import { until } from '../lib/process.mjs'
import { World } from '../lib/world.mjs'

let world, hospital
const notify = 'POST /events/events/*/notify'

before(async () => {
  world = await World.start()
  hospital = await world.addHospital('hospital')
}, { timeout: 180000 })
after(async () => { await world?.stop() })

test('while OpenCRVS is down the sender is told to come again, and a rerun from the console delivers', async () => {
  const notice = birth()
  await world.sandbox.faults({ match: 'POST /events/*', kind: 'status', status: 503 })
  const refused = await world.notify(hospital, notice.document)
  assert.equal(refused.status, 503, refused.text)
  assert.ok(Number(refused.headers['retry-after']) > 0)
  const id = refused.headers['x-openhim-transactionid']
  const failed = await world.core.transaction(id)
  assert.equal(failed.status, 'Failed')
  assert.ok(failed.error?.message, 'OpenHIM was not told that a rerun helps')

  await world.sandbox.noFaults()
  const again = await world.core.rerun(id)
  assert.equal(again.status, 'Successful')
  assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
})

test('a rerun of what was delivered makes no second record', async () => {
  const notice = birth()
  const delivered = await world.notify(hospital, notice.document)
  const again = await world.core.rerun(delivered.headers['x-openhim-transactionid'])
  assert.equal(again.status, 'Successful')
  assert.equal(trackingId(JSON.parse(again.response.body)), trackingId(delivered.json()))
  assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
})

test('when OpenCRVS did the work but its answer was lost, one record is made', async () => {
  const notice = birth()
  await world.sandbox.faults({ match: notify, kind: 'reset', times: 1, after: true })
  const answer = await world.notify(hospital, notice.document)
  await world.sandbox.noFaults()
  if (answer.status !== 200) await world.core.rerun(answer.headers['x-openhim-transactionid'])
  assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
})

test('kill -9 in the middle of a delivery: the rerun finishes the same record', async () => {
  const notice = birth()
  const before = (await world.sandbox.events()).length
  await world.sandbox.faults({ match: notify, kind: 'latency', ms: 20000, times: 1 })
  const sent = world.notify(hospital, notice.document)
  await until('the first half of the work', async () => (await world.sandbox.events()).length === before + 1)
  await world.mediator.kill()
  const answer = await sent
  assert.ok(answer.status >= 500)
  await world.sandbox.noFaults()

  await world.mediator.start()
  // Core names no transaction in the answer to a connection that broke; it is its newest one.
  const [broken] = await world.core.transactions(1)
  const again = await world.core.rerun(broken._id)
  assert.equal(again.status, 'Successful')
  assert.equal((await world.sandbox.events()).length, before + 1)
  assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
})

test('a mediator stopped with SIGTERM ends well, and what it answered is still known after the restart', async () => {
  const notice = birth()
  const first = await world.notify(hospital, notice.document)
  assert.deepEqual(await world.mediator.stop(), { code: 0, signal: null })
  await world.mediator.start()
  const second = await world.notify(hospital, notice.document)
  assert.equal(second.text, first.text)
  assert.equal(second.headers['idempotency-replayed'], 'true')
})

test('the mediator takes notifications while OpenHIM is away', async () => {
  await world.core.down()
  const { id, key } = hospital.own
  await world.mediator.stop()
  await world.mediator.start()
  const answer = await request(`${world.mediator.url}/notification`, { method: 'POST', body: birth().document, headers: { authorization: basic(id, key) } })
  assert.equal(answer.status, 200, answer.text)
  await world.core.up()
  await world.registered()
  assert.equal(world.core.workerDeaths(), 0)
})
