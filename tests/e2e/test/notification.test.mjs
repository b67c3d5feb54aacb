// SPDX-License-Identifier: MPL-2.0
// The main job: a hospital's OpenCRVS 1.x document goes through a real OpenHIM core and the mediator into OpenCRVS
// 2.0, once, and is found in both.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { birth, death, trackingId } from '../lib/fixtures.mjs'
import { basic, request } from '../lib/http.mjs'
import { World } from '../lib/world.mjs'

let world, hospital

before(async () => {
  world = await World.start()
  hospital = await world.addHospital('hospital')
}, { timeout: 180000 })
after(async () => { await world?.stop() })

for (const make of [birth, death]) {
  test(`a ${make.name} arrives in OpenCRVS 2.0 and is recorded in OpenHIM`, async () => {
    const notice = make()
    const subject = (notice.child ?? notice.deceased).given
    const answer = await world.notify(hospital, notice.document)
    assert.equal(answer.status, 200, answer.text)
    const tracking = trackingId(answer.json())
    assert.ok(tracking, `no tracking id in ${answer.text}`)

    const records = await world.sandbox.eventsOf(subject)
    assert.equal(records.length, 1)
    assert.equal(records[0].type, notice.kind)
    assert.equal(records[0].trackingId, tracking)

    const transaction = await world.core.transaction(answer.headers['x-openhim-transactionid'])
    assert.equal(transaction.status, 'Successful')
    const steps = transaction.orchestrations.slice(0, -1) // the last is core's own
    assert.ok(steps.some(step => step.request.method === 'POST' && /\/events$/.test(step.request.path)))
    assert.ok(steps.some(step => step.request.method === 'POST' && /\/notify$/.test(step.request.path)))
    const kept = JSON.stringify(steps)
    assert.ok(!kept.includes(subject), 'a name is in an orchestration')
    assert.ok(!kept.includes(world.sandbox.client.secret), 'a secret is in an orchestration')
    assert.ok(!/bearer ey/i.test(kept), 'a token is in an orchestration')
  })
}

test('the same document again is answered from the record and makes no second one', async () => {
  const notice = birth()
  const first = await world.notify(hospital, notice.document)
  const second = await world.notify(hospital, notice.document)
  assert.deepEqual([first.status, second.status], [200, 200])
  assert.equal(second.headers['idempotency-replayed'], 'true')
  assert.equal(second.text, first.text)
  assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
})

test('ten at once of the same document make one record', async () => {
  const notice = birth()
  const answers = await Promise.all(Array.from({ length: 10 }, () => world.notify(hospital, notice.document)))
  assert.deepEqual(answers.map(answer => answer.status), Array(10).fill(200))
  assert.equal(new Set(answers.map(answer => trackingId(answer.json()))).size, 1)
  assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
})

test('a corrected document is a conflict that names the record and does not make another', async () => {
  const notice = birth()
  const tracking = trackingId((await world.notify(hospital, notice.document)).json())
  const mother = notice.document.entry.find(entry => entry.resource.name?.[0].given[0] === notice.mother.given)
  mother.resource.birthDate = '1979-01-01'
  const answer = await world.notify(hospital, notice.document)
  assert.equal(answer.status, 409, answer.text)
  assert.ok(answer.text.includes(tracking), 'the conflict does not name the tracking id')
  assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
})

test('a document that cannot be a notification is refused with a path and without its content', async () => {
  const notice = birth()
  const child = notice.document.entry.find(entry => entry.resource.name?.[0].given[0] === notice.child.given)
  child.resource.birthDate = '2026-02-31'
  const answer = await world.notify(hospital, notice.document)
  assert.equal(answer.status, 400, answer.text)
  assert.match(answer.text, /birthDate/)
  assert.ok(!answer.text.includes(notice.child.given))
  const transaction = await world.core.transaction(answer.headers['x-openhim-transactionid'])
  assert.equal(transaction.status, 'Completed')
  assert.ok(transaction.error == null, 'a rerun is asked for although it cannot help')
  assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 0)
})

test('who is not OpenHIM cannot speak in the name of a client', async () => {
  const spoofed = { 'x-openhim-clientid': 'hospital', 'x-openhim-transactionid': 'f'.repeat(24) }
  const { document, child } = birth()
  const post = (headers, options) => request(`${world.mediator.url}/notification`, { method: 'POST', body: document, headers, ...options })
  // Another address than the peers'.
  assert.equal((await post(spoofed, { localAddress: '127.0.0.2' })).status, 401)
  // The peer's address, but not routed by core.
  assert.equal((await post({ 'x-openhim-clientid': 'hospital' })).status, 401)
  assert.equal((await post({})).status, 401)
  assert.equal((await post({ authorization: basic('hospital', 'guess') })).status, 401)
  assert.equal((await world.sandbox.eventsOf(child.given)).length, 0)
})

test('a client that is not linked to OpenHIM is refused through it', async () => {
  const stranger = await world.core.addClient('stranger', (await world.channel()).allow)
  await new Promise(resolve => setTimeout(resolve, 1500)) // core reads its clients once a second
  const answer = await world.notify(stranger, birth().document)
  assert.equal(answer.status, 401)
  assert.ok(answer.headers['x-openhim-transactionid'], 'core itself refused it')
})

test('a client of ours may call directly with its key', async () => {
  const { document, child } = birth()
  const { id, key } = hospital.own
  const answer = await request(`${world.mediator.url}/notification`, { method: 'POST', body: document, headers: { authorization: basic(id, key) } })
  assert.equal(answer.status, 200, answer.text)
  assert.ok(trackingId(answer.json()))
  assert.ok(!answer.headers['content-type'].includes('openhim'))
  assert.equal((await world.sandbox.eventsOf(child.given)).length, 1)
})

test('a disabled client is refused from now on', async () => {
  const closed = await world.addHospital('closed-hospital')
  assert.equal((await world.notify(closed, birth().document)).status, 200)
  await world.mediator.cli('clients', 'disable', 'closed-hospital')
  assert.equal((await world.notify(closed, birth().document)).status, 401)
})

test('names and keys are in no line the mediator printed', async () => {
  const notice = birth()
  await world.notify(hospital, notice.document)
  const printed = world.mediator.printed()
  for (const secret of [notice.child.given, notice.mother.given, hospital.own.key, world.sandbox.client.secret]) {
    assert.ok(!printed.includes(secret))
  }
})

test('no worker of core died', () => { assert.equal(world.core.workerDeaths(), 0) })
