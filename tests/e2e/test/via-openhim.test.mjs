// SPDX-License-Identifier: MPL-2.0
// Deliveries go out through OpenHIM's router: by a channel the mediator makes for the place, under a client of its own,
// byte by byte as they were signed.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mkdtempSync, rmSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { birth } from '../lib/fixtures.mjs'
import { hubSignature, Subscriber } from '../lib/hearing.mjs'
import { freePorts } from '../lib/ports.mjs'
import { until } from '../lib/process.mjs'
import { webhooksPath, World } from '../lib/world.mjs'

let world, hospital, client, subscriber, folder
const role = 'opencrvs-webhook-out'

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ocm-e2e-'))
  const passwordFile = join(folder, 'client-password')
  writeFileSync(passwordFile, 'planted-secret\n', { mode: 0o600 })
  const [router] = await freePorts(1)
  world = await World.start({
    hears: true,
    preferred: { core: { router } },
    settings: {
      openhim: { router_url: `http://127.0.0.1:${router}`, client_id: 'mediator', client_password_file: passwordFile },
      channels: { webhook: { via_openhim: true } }
    }
  })
  hospital = await world.addHospital('hospital')
  client = await world.addSubscriber('ministry', 'webhook', 'child-details')
  subscriber = await Subscriber.start()
  const hub = { callback: subscriber.url, mode: 'subscribe', topic: 'BIRTH_REGISTERED', secret: client.own.signing_secret }
  const answer = await world.core.route(client, 'POST', webhooksPath, { hub })
  assert.equal(answer.status, 202, answer.text)
}, { timeout: 120000 })
after(async () => {
  subscriber?.stop()
  await world?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const register = async () => {
  const notice = birth()
  const answer = await world.notify(hospital, notice.document)
  assert.equal(answer.status, 200, answer.text)
  const [record] = await world.sandbox.eventsOf(notice.child.given)
  return { notice, number: await world.sandbox.register(record.trackingId) }
}

test('without a client in OpenHIM a delivery waits, and says what is missing', async () => {
  await register()
  const waiting = await until('the delivery to be refused by OpenHIM', async () => {
    const { deliveries } = await world.mediator.cli('deliveries', 'list', '--kind', 'webhook')
    return deliveries.find(each => each.why?.includes('OpenHIM did not pass it on'))
  })
  assert.match(waiting.why, /openhim\.client_id has to be a client of OpenHIM with that password and the role opencrvs-webhook-out/)
  assert.equal(subscriber.seen.length, 0)
})

test('with one it goes out, signed as it was, and OpenHIM keeps nothing of what it said', async () => {
  await world.core.addClient('mediator', [role], 'planted-secret')
  const { notice, number } = await register()
  await until('both registrations to be told', () => subscriber.seen.length >= 2, { timeoutMs: 60000 })
  for (const { headers, raw } of subscriber.seen) {
    assert.equal(headers['x-hub-signature'], hubSignature(client.own.signing_secret, raw))
    assert.ok(headers['mediator-delivery-id'])
    assert.ok(headers['x-openhim-transactionid'], 'it did not come through OpenHIM')
    assert.equal(headers.authorization, undefined, 'the subscriber is shown our credentials')
  }
  assert.ok(subscriber.seen.some(({ raw }) => raw.includes(number) && raw.includes(notice.child.given)))

  const origin = new URL(subscriber.url)
  const channel = (await world.core.get('/channels')).find(each => each.name === `OpenCRVS webhook to http://127.0.0.1:${origin.port}`)
  assert.ok(channel, 'there is no channel for the subscriber')
  assert.deepEqual(channel.allow, [role])
  const passed = (await world.core.transactions(200)).filter(each => each.channelID === channel._id)
  assert.equal(passed.length, 2)
  for (const each of passed) {
    assert.equal(each.status, 'Successful')
    assert.ok(!JSON.stringify(each).includes(notice.child.given), 'OpenHIM keeps what was told')
  }
  const shown = (await world.core.transactions(200)).filter(each => each.properties?.['mediator-delivery'])
  assert.equal(shown.length, 0, 'OpenHIM saw it pass, and was told of it besides')
})
