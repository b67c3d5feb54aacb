// SPDX-License-Identifier: MPL-2.0
// A birth notified through a real OpenHIM core is registered in OpenCRVS of each kind of version, and reaches every
// subscriber once, in the format of its contract, with what it may have, signed with a key of its own.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fhirUrl, hubSignature, Subscriber } from '../lib/hearing.mjs'
import { birth } from '../lib/fixtures.mjs'
import { until } from '../lib/process.mjs'
import { webhooksPath, World } from '../lib/world.mjs'

const topic = 'BIRTH_REGISTERED'

/** Subscribes as an unmodified client of 1.x does, through core. */
async function subscribe1x (world, client, callback) {
  const hub = { callback, mode: 'subscribe', topic, secret: client.own.signing_secret }
  const answer = await world.core.route(client, 'POST', webhooksPath, { hub })
  assert.equal(answer.status, 202, answer.text)
}

const check1x = (message, client) => {
  assert.equal(message.headers['x-hub-signature'], hubSignature(client.own.signing_secret, message.raw))
  assert.equal(JSON.parse(message.raw).event.hub.topic, topic)
}

const backport = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/'

async function subscribeFhir (world, client, callback) {
  const answer = await world.core.route(client, 'POST', '/crvs/fhir/Subscription', {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'test',
    criteria: `${fhirUrl}/SubscriptionTopic/birth-registered`,
    channel: {
      type: 'rest-hook',
      endpoint: callback,
      payload: 'application/fhir+json',
      _payload: { extension: [{ url: `${backport}backport-payload-content`, valueCode: 'full-resource' }] },
      header: ['X-Tenant: 7']
    }
  })
  assert.equal(answer.status, 201, answer.text)
  assert.equal(JSON.parse(answer.text).status, 'active', answer.text)
}

const checkFhir = (message, client) => {
  assert.equal(message.headers['x-hub-signature'], hubSignature(client.own.signing_secret, message.raw))
  assert.equal(message.headers['x-tenant'], '7')
  const [status, ...resources] = JSON.parse(message.raw).entry.map(entry => entry.resource)
  assert.equal(status.parameter.find(each => each.name === 'type').valueCode, 'event-notification')
  assert.equal(resources[0].resourceType, 'Patient')
}

async function subscribeCloudEvents (world, client, callback) {
  const fields = ['child.name', 'registration.number']
  const answer = await world.core.route(client, 'POST', '/crvs/subscriptions', { callback, topics: ['birth.registered'], fields })
  assert.equal(answer.status, 201, answer.text)
}

const checkCloudEvents = (message, client) => {
  assert.equal(message.headers['x-hub-signature'], hubSignature(client.own.signing_secret, message.raw))
  assert.match(message.headers['content-type'], /^application\/cloudevents\+json/)
  const event = JSON.parse(message.raw)
  assert.equal(event.specversion, '1.0')
  assert.equal(event.type, 'org.opencrvs.mediator.birth.registered.v1')
}

/**
 * A contract is a row: how one subscribes to it, what proves a message, and whose names are in it. `fields` are those
 * granted to the client.
 */
const contracts = [
  { name: 'webhook of 1.x', kind: 'webhook', fields: 'child-details', subscribe: subscribe1x, check: check1x, child: true, mother: false },
  { name: 'another webhook of 1.x', kind: 'webhook', fields: 'child-details,mother-details', subscribe: subscribe1x, check: check1x, child: true, mother: true },
  { name: 'webhook told nothing of the record', kind: 'webhook', subscribe: subscribe1x, check: check1x, child: false, mother: false },
  { name: 'national ID', kind: 'national-id', subscribe: subscribe1x, check: check1x, child: true, mother: true },
  { name: 'FHIR R4', kind: 'webhook', fields: 'child-details', subscribe: subscribeFhir, check: checkFhir, child: true, mother: false },
  { name: 'CloudEvents', kind: 'webhook', fields: 'child-details,mother-details', subscribe: subscribeCloudEvents, check: checkCloudEvents, child: true, mother: false }
]

for (const version of ['1.4', '1.8', '1.9', '2.0']) {
  describe(`OpenCRVS ${version}`, () => {
    let world, hospital, ward, others
    const subscribers = []

    before(async () => {
      world = await World.start({ version, hears: true })
      hospital = await world.addHospital('hospital', { hears: true })
      ward = await Subscriber.start()
      others = await Subscriber.start()
      const clinic = await world.addHospital('clinic', { hears: true })
      for (const [who, callback] of [[hospital, ward.url], [clinic, others.url]]) {
        const made = await world.core.route(who, 'POST', '/crvs/subscriptions', { callback, topics: ['notification.status'] })
        assert.equal(made.status, 201, made.text)
      }
      for (const [i, contract] of contracts.entries()) {
        const server = await Subscriber.start()
        subscribers.push({ ...contract, server })
        const client = await world.addSubscriber(`subscriber-${i}`, contract.kind, contract.fields)
        subscribers[i].client = client
        await contract.subscribe(world, client, server.url)
      }
      if (version < '2.0') {
        // The mediator itself is a subscriber, of OpenCRVS.
        await until('the mediator to be subscribed', async () =>
          (await world.sandbox.requests()).filter(each => each.path === '/webhooks' && each.status === 202).length === 2)
      }
    }, { timeout: 180000 })
    after(async () => {
      for (const { server } of [...subscribers, { server: ward }, { server: others }]) server?.stop()
      await world?.stop()
    })

    test('a birth notified through core and registered reaches every subscriber once, signed for it', async () => {
      const notice = birth()
      const { child, mother } = notice
      const answer = await world.notify(hospital, notice.document)
      assert.equal(answer.status, 200, answer.text)
      const [record] = await world.sandbox.eventsOf(child.given)
      for (const { server } of subscribers) assert.equal(server.seen.length, 0, 'notified is not registered')
      const number = await world.sandbox.register(record.trackingId)
      assert.ok(number)

      for (const subscriber of subscribers) {
        const { name, server, client } = subscriber
        await until(`${name} to hear of it`, () => server.seen.length > 0)
        const [message] = server.seen
        subscriber.check(message, client)
        assert.ok(!subscriber.child || message.raw.includes(number), `${name} is not told the number`)
        assert.equal(message.raw.includes(child.given), subscriber.child, `${name}: the child`)
        assert.equal(message.raw.includes(mother.given), subscriber.mother, `${name}: the mother`)
      }
      await until('the hospital to hear what became of its notification', () => ward.seen.length > 0)
      const { raw, headers } = ward.seen[0]
      assert.equal(headers['x-hub-signature'], hubSignature(hospital.own.signing_secret, raw))
      const { type, data } = JSON.parse(raw)
      assert.equal(type, 'org.opencrvs.mediator.notification.status.v1')
      assert.equal(data.status, 'registered')
      assert.ok(raw.includes(number), 'the hospital is not told the number')
      assert.ok(!raw.includes(child.given), 'the hospital is told a name')
      const status = await world.core.route(hospital, 'GET', `/crvs/notifications/${data.notification}`)
      assert.equal(status.status, 200, status.text)
      assert.equal(JSON.parse(status.text).record.registration_number, number, status.text)

      const signatures = new Set(subscribers.map(({ server }) => server.seen[0].headers['x-hub-signature']))
      assert.equal(signatures.size, subscribers.length, 'two were signed with one key')

      // Each action of a record is forwarded, not only its registration: that one is told of once.
      await world.sandbox.register(record.trackingId)
      await new Promise(resolve => setTimeout(resolve, 500))
      for (const { name, server } of [...subscribers, { name: 'the hospital', server: ward }]) {
        assert.equal(server.seen.length, 1, `${name} was told again`)
      }
      assert.ok(!world.mediator.printed().includes(child.given), 'a name is in the log')

      assert.equal(others.seen.length, 0, 'who did not send it is told what became of it')

      // What became of each delivery is in OpenHIM, as a transaction of the webhook channel.
      const shown = await until('core to be shown every delivery', async () => {
        const all = (await world.core.transactions(200)).filter(each => each.properties?.['mediator-delivery'])
        return all.length === subscribers.length + 1 && all
      })
      const channel = await world.channel(webhooksPath)
      for (const each of shown) {
        assert.equal(each.status, 'Successful')
        assert.equal(each.channelID, channel._id)
        assert.equal(each.response.status, 200)
        assert.ok(!JSON.stringify(each).includes(child.given), 'a name is in OpenHIM')
      }
      const ids = subscribers.map(({ server }) => server.seen[0].headers['mediator-delivery-id'])
      for (const id of ids) assert.ok(shown.some(each => each.properties['mediator-delivery'] === id), id)
    })

    test('what an administrator discards is shown to OpenHIM, too', { skip: version !== '2.0' }, async () => {
      const { server } = subscribers[0]
      const [subscription] = (await world.mediator.cli('subscriptions', 'list', '--client', 'subscriber-0')).subscriptions
      await world.mediator.cli('subscriptions', 'pause', subscription.id, '--reason', 'they move')
      const heard = server.seen.length
      const notice = birth()
      assert.equal((await world.notify(hospital, notice.document)).status, 200)
      const [record] = await world.sandbox.eventsOf(notice.child.given)
      await world.sandbox.register(record.trackingId)
      const [waiting] = await until('the delivery to wait', async () => {
        const { deliveries } = await world.mediator.cli('deliveries', 'list', '--state', 'pending', '--subscription', subscription.id)
        return deliveries.length > 0 && deliveries
      })
      await world.mediator.cli('deliveries', 'discard', waiting.id, '--reason', 'they have it by post')
      const shown = await until('OpenHIM to be shown that it was discarded', async () =>
        (await world.core.transactions(200)).find(each => each.properties?.['mediator-delivery'] === waiting.id))
      assert.equal(shown.status, 'Completed')
      assert.equal(shown.properties.state, 'discarded')
      assert.equal(shown.response.body, 'discarded by an administrator')
      assert.ok(!JSON.stringify(shown).includes('by post'), 'what a person wrote is in OpenHIM')
      await world.mediator.cli('subscriptions', 'resume', subscription.id)
      assert.equal(server.seen.length, heard)
    })

    // 2.0 and 1.9 are asked again with the same keys, so that it does not stay unclear.
    test('a registration heard before its notification was found is told to the hospital once it is', { skip: version >= '1.9' }, async () => {
      const notice = birth()
      await world.sandbox.faults({ match: 'POST /notification', kind: 'reset', after: true, times: 1 })
      const answer = await world.notify(hospital, notice.document)
      await world.sandbox.noFaults()
      assert.equal(answer.status, 202, answer.text)
      const before = ward.seen.length
      const [record] = await world.sandbox.eventsOf(notice.child.given)
      const number = await world.sandbox.register(record.trackingId)
      const { server } = subscribers[0]
      await until('a subscriber to hear of it', () => server.seen.some(each => each.raw.includes(number)))
      assert.equal(ward.seen.length, before, 'whose notification it was is not known yet')

      const [waiting] = (await world.mediator.cli('deliveries', 'list', '--state', 'parked')).deliveries
      await world.mediator.cli('deliveries', 'resolve', waiting.id, '--tracking-id', record.trackingId, '--reason', 'found by its name')
      await until('the hospital to hear what became of its notification', () => ward.seen.length > before)
      const { data } = JSON.parse(ward.seen.at(-1).raw)
      assert.equal(data.status, 'registered')
      assert.equal(data.notification, waiting.transaction)
      assert.ok(ward.seen.at(-1).raw.includes(number), 'the hospital is not told the number')
      const status = await world.core.route(hospital, 'GET', `/crvs/notifications/${data.notification}`)
      assert.equal(JSON.parse(status.text).record?.registration_number, number, status.text)
      assert.equal(others.seen.length, 0, 'who did not send it is told what became of it')
    })
  })
}
