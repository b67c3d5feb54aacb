// SPDX-License-Identifier: MPL-2.0
// The same hospital document through a real OpenHIM core into OpenCRVS of the older versions: each gets it the way it
// wants it, once, and what is unclear is not sent again.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { birth, death, places, trackingId } from '../lib/fixtures.mjs'
import { until } from '../lib/process.mjs'
import { World } from '../lib/world.mjs'

for (const version of ['1.4', '1.6', '1.8', '1.9']) {
  const legacy = version < '1.9'

  describe(`OpenCRVS ${version}`, () => {
    let world, hospital

    before(async () => {
      world = await World.start({ version })
      hospital = await world.addHospital('hospital')
    }, { timeout: 180000 })
    after(async () => { await world?.stop() })

    for (const make of [birth, death]) {
      test(`a ${make.name} arrives as this version wants it`, async () => {
        const notice = make()
        const subject = notice.child ?? notice.deceased
        const answer = await world.notify(hospital, notice.document)
        assert.equal(answer.status, 200, answer.text)
        const records = await world.sandbox.eventsOf(subject.given)
        assert.equal(records.length, 1)
        assert.equal(records[0].type, notice.kind)
        // 1.3 to 1.5 tell no tracking id.
        assert.equal(trackingId(answer.json()), version < '1.6' ? undefined : records[0].trackingId)
        const transaction = await world.core.transaction(answer.headers['x-openhim-transactionid'])
        assert.equal(transaction.status, 'Successful')
        const kept = JSON.stringify(transaction.orchestrations.slice(0, -1)) // the last is core's own
        assert.ok(!kept.includes(world.sandbox.client.secret), 'a secret is in an orchestration')
        assert.ok(!kept.includes(subject.given), 'a name is in an orchestration')
        if (!legacy) return
        assert.equal(records[0].familyName, subject.family, 'the family name is not what this version reads')
        const extensions = records[0].bundle.entry[1].resource.extension.map(each => each.url.split('/').pop())
        assert.equal(extensions.includes('regLastLocation'), version < '1.6')
      })
    }

    test('the same document again makes no second record', async () => {
      const notice = birth()
      const answers = [await world.notify(hospital, notice.document), await world.notify(hospital, notice.document)]
      assert.deepEqual(answers.map(answer => answer.status), [200, 200])
      assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
    })

    test('from a facility it does not know it waits for the crosswalk', async () => {
      const notice = birth()
      const text = JSON.stringify(notice.document).replaceAll(places.facility, 'cccccccc-0000-4000-8000-00000000ffff')
      const answer = await world.notify(hospital, JSON.parse(text))
      assert.equal(answer.status, 202, answer.text)
      assert.equal(answer.json().state, 'parked')
      assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 0)
    })

    test('what may have been taken is not sent again, and OpenHIM shows that it waits', async () => {
      const notice = birth()
      const match = legacy ? 'POST /notification' : 'POST /events/events/notifications'
      await world.sandbox.faults({ match, kind: 'reset', after: true, times: 1 })
      const answer = await world.notify(hospital, notice.document)
      await world.sandbox.noFaults()
      assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
      if (!legacy) {
        assert.equal(answer.status, 200, answer.text) // its transaction ids make it safe to repeat
        return
      }
      assert.equal(answer.status, 202, answer.text)
      assert.match(answer.text, /not clear whether OpenCRVS has taken it/)
      const again = await world.notify(hospital, notice.document)
      assert.equal(again.status, 202)
      const records = await world.sandbox.eventsOf(notice.child.given)
      assert.equal(records.length, 1)

      // A person finds it in OpenCRVS and says so.
      const waiting = (await world.mediator.cli('deliveries', 'list', '--state', 'parked')).deliveries
        .filter(each => each.error === 'target_timeout')
      assert.equal(waiting.length, 1)
      const resolve = id => world.mediator.cli('deliveries', 'resolve', id, '--tracking-id', records[0].trackingId, '--reason', 'found by its name')
      assert.deepEqual(await resolve(waiting[0].id), { resolved: 1 })
      await assert.rejects(resolve(waiting[0].id), /only a notification of which it is unclear/)
      const shown = await world.mediator.cli('transactions', 'show', waiting[0].transaction, '--reveal', '--reason', 'test')
      assert.match(JSON.stringify(shown), new RegExp(records[0].trackingId))
      const openhim = answer.headers['x-openhim-transactionid']
      await until('OpenHIM to hear of it', async () => (await world.core.transaction(openhim)).status === 'Successful')
      assert.equal((await world.notify(hospital, notice.document)).status, 200)
      assert.equal((await world.sandbox.eventsOf(notice.child.given)).length, 1)
    })
  })
}
