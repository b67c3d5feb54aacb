// SPDX-License-Identifier: MPL-2.0
// The mediator is down while OpenCRVS registers. When it is back it looks for what it missed, and every subscriber has
// each registration once.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { birth } from '../lib/fixtures.mjs'
import { hearing, Subscriber } from '../lib/hearing.mjs'
import { request } from '../lib/http.mjs'
import { Mediator } from '../lib/mediator.mjs'
import { freePorts } from '../lib/ports.mjs'
import { until } from '../lib/process.mjs'
import { Sandbox } from '../lib/sandbox.mjs'

/** 1.4 shows a search no more than five records of one kind, sex and office in one day. */
const missed = { 1.4: 4, 1.8: 200, 1.9: 200, '2.0': 200 }
/** What a search shows; of 2.0 the whole record is read. */
const partial = version => version < '2.0'

for (const [version, count] of Object.entries(missed)) {
  describe(`OpenCRVS ${version}`, () => {
    let folder, sandbox, mediator, subscriber
    const numbers = new Set()
    const heard = () => subscriber.seen.map(({ raw }) => JSON.parse(raw))

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'ocm-e2e-'))
      const [port, adminPort] = await freePorts(2)
      const ends = hearing({ folder, port, version })
      sandbox = await Sandbox.start(process.env.OCM_SANDBOX, folder, { version, ...ends.sandbox })
      mediator = new Mediator(process.env.OCM_MEDIATOR, folder, { sandbox, port, adminPort, settings: ends.settings(sandbox.url) })
      await mediator.start()
      subscriber = await Subscriber.start()
      const { key } = await mediator.cli('clients', 'add', '--name', 'portal', '--kind', 'webhook', '--fields', 'registration.number')
      const answer = await request(`${mediator.url}/subscriptions`, {
        method: 'POST', headers: { 'x-api-key': key }, body: { callback: subscriber.url, topics: ['birth.registered'] }
      })
      assert.equal(answer.status, 201, answer.text)
    }, { timeout: 60000 })
    after(async () => {
      subscriber?.stop()
      await mediator?.stop()
      await sandbox?.stop()
      if (!process.env.OCM_KEEP) rmSync(folder, { recursive: true, force: true })
    })

    test('what is registered while the mediator is down is told once it is back, each record once', async () => {
      const { key } = await mediator.addClient('hospital')
      for (let i = 0; i < count; i++) {
        const answer = await request(`${mediator.url}/notification`, {
          method: 'POST', body: birth().document, headers: { 'x-api-key': key }
        })
        assert.equal(answer.status, 200, answer.text)
      }
      await mediator.stop()
      for (const record of await sandbox.events()) numbers.add(await sandbox.register(record.trackingId))
      assert.equal(numbers.size, count)
      await mediator.start()
      await until('every registration to be told', () => subscriber.seen.length >= count, { timeoutMs: 60000 })

      const told = heard()
      assert.deepEqual(new Set(told.map(({ data }) => data.event.registration.registration_number)), numbers)
      assert.equal(told.length, count)
      for (const { data } of told) assert.equal(data.partial, partial(version))
    })

    test('looking again, by hand, tells nothing twice', async () => {
      const since = new Date(Date.now() - 3600000).toISOString()
      await mediator.cli('subscriptions', 'opencrvs', 'catchup', '--since', since)
      await new Promise(resolve => setTimeout(resolve, 500))
      assert.equal(subscriber.seen.length, count)
    })
  })
}
