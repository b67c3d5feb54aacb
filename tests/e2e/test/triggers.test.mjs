// SPDX-License-Identifier: MPL-2.0
// The mediator in front of the country configuration of OpenCRVS 2.0: a record is registered when the country
// configuration has agreed, its answer passes unchanged, and a subscriber hears of it once.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { birth } from '../lib/fixtures.mjs'
import { hearing, hubSignature, Subscriber } from '../lib/hearing.mjs'
import { request } from '../lib/http.mjs'
import { Mediator, merge } from '../lib/mediator.mjs'
import { freePorts } from '../lib/ports.mjs'
import { until } from '../lib/process.mjs'
import { Sandbox } from '../lib/sandbox.mjs'

/** A country configuration: gives numbers, or answers as it is told, and keeps what it was asked. */
class CountryConfig {
  seen = []
  answer = undefined

  async start () {
    this.server = createServer((req, res) => {
      const chunks = []
      req.on('data', chunk => chunks.push(chunk))
      req.on('end', () => {
        this.seen.push({ path: req.url, authorization: req.headers.authorization, raw: Buffer.concat(chunks).toString() })
        const registers = req.url.endsWith('/REGISTER')
        const given = { status: 200, body: registers ? { registrationNumber: `CC${this.seen.length}`, declaration: {} } : {} }
        const { status, body } = (registers && this.answer) || given
        res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      })
    })
    await new Promise(resolve => this.server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${this.server.address().port}`
  }

  stop () { this.server.closeAllConnections(); this.server.close() }
}

describe('in front of the country configuration of 2.0', () => {
  let folder, sandbox, mediator, country, subscriber, hospital, front, portal

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ocm-e2e-'))
    const [port, adminPort, frontPort] = await freePorts(3)
    front = `http://127.0.0.1:${frontPort}`
    country = new CountryConfig()
    await country.start()
    const ends = hearing({ folder, port })
    sandbox = await Sandbox.start(process.env.OCM_SANDBOX, folder, { webhook: ends.sandbox.webhook, countryConfig: front })
    const settings = merge(ends.settings(sandbox.url), {
      targets: { sandbox: { auth_url: sandbox.url } },
      channels: { webhook: { country_config: { enabled: true, port: frontPort, url: country.url }, catch_up: { enabled: false } } }
    })
    mediator = new Mediator(process.env.OCM_MEDIATOR, folder, { sandbox, port, adminPort, settings })
    await mediator.start()
    hospital = await mediator.addClient('hospital')
    subscriber = await Subscriber.start()
    portal = await mediator.cli('clients', 'add', '--name', 'portal', '--kind', 'webhook', '--fields', 'registration.number')
    const answer = await request(`${mediator.url}/subscriptions`, {
      method: 'POST', headers: { 'x-api-key': portal.key }, body: { callback: subscriber.url, topics: ['birth.registered'] }
    })
    assert.equal(answer.status, 201, answer.text)
  }, { timeout: 60000 })
  after(async () => {
    subscriber?.stop()
    await mediator?.stop()
    await sandbox?.stop()
    country?.stop()
    if (!process.env.OCM_KEEP) rmSync(folder, { recursive: true, force: true })
  })

  const notify = async () => {
    const notice = birth()
    const answer = await request(`${mediator.url}/notification`, {
      method: 'POST', body: notice.document, headers: { 'x-api-key': hospital.key }
    })
    assert.equal(answer.status, 200, answer.text)
    const [record] = await sandbox.eventsOf(notice.child.given)
    return record
  }
  const trigger = () => country.seen.findLast(each => each.path.endsWith('/REGISTER'))

  test('a registration it agrees to has its number, and is told once, signed', async () => {
    const record = await notify()
    const number = await sandbox.register(record.trackingId)
    assert.match(number, /^CC\d+$/)
    await until('the subscriber to hear of it', () => subscriber.seen.length > 0, { timeoutMs: 30000 })
    const [{ headers, raw }] = subscriber.seen
    assert.equal(headers['x-hub-signature'], hubSignature(portal.signing_secret, raw))
    assert.equal(JSON.parse(raw).data.event.registration.registration_number, number)

    // The same trigger again is for the country configuration to judge; nobody is told again.
    const { path, authorization, raw: body } = trigger()
    const again = await request(front + path, {
      method: 'POST', body: JSON.parse(body), headers: { authorization, 'content-type': 'application/json' }
    })
    assert.equal(again.status, 200, again.text)
    await sleep(1500)
    assert.equal(subscriber.seen.length, 1)
  })

  test('a trigger with a token that OpenCRVS did not sign is not passed on, and not heard', async () => {
    // Of a record that nobody has heard of, and a good token in all but its signature.
    country.answer = { status: 202, body: {} }
    const record = await notify()
    await sandbox.register(record.trackingId)
    country.answer = undefined
    const { path, authorization, raw: body } = trigger()
    assert.ok(body.includes(record.id))
    const [head, claims] = authorization.slice(7).split('.')
    const forged = `Bearer ${head}.${claims}.${Buffer.alloc(256, 1).toString('base64url')}`
    const passed = country.seen.length
    const heard = subscriber.seen.length
    const answer = await request(front + path, {
      method: 'POST', body: JSON.parse(body), headers: { authorization: forged, 'content-type': 'application/json' }
    })
    assert.equal(answer.status, 401, answer.text)
    await sleep(1000)
    assert.equal(country.seen.length, passed)
    assert.equal(subscriber.seen.length, heard)
  })

  test('what it refuses is not registered, and nobody is told', async () => {
    country.answer = { status: 400, body: { reason: 'the national ID system refused it' } }
    const record = await notify()
    assert.ok(!(await sandbox.register(record.trackingId)))
    country.answer = undefined
    const { actions } = await sandbox.event(record.id)
    assert.equal(actions.at(-1).status, 'Rejected')
    const heard = subscriber.seen.length
    await sleep(1500)
    assert.equal(subscriber.seen.length, heard)
  })

  test('every other path passes as it is', async () => {
    const answer = await request(`${front}/forms?of=birth`)
    assert.equal(answer.status, 200)
    assert.equal(country.seen.at(-1).path, '/forms?of=birth')
  })
})
