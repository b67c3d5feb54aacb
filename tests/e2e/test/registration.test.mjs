// SPDX-License-Identifier: MPL-2.0
// What an OpenHIM administrator sees: the mediator registers, beats, brings its channels, takes configuration from
// the console without a restart, refuses what is wrong and says so, and comes back after core has lost its database.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { birth } from '../lib/fixtures.mjs'
import { merge, urn } from '../lib/mediator.mjs'
import { run, until } from '../lib/process.mjs'
import { notificationPath, World } from '../lib/world.mjs'

let world, hospital

before(async () => { world = await World.start() }, { timeout: 180000 })
after(async () => { await world?.stop() })

/** As the console's form does: the values there are, with these changed. */
async function pushConfig (changes) {
  const { config } = await world.core.get(`/mediators/${urn}`)
  await world.core.send('PUT', `/mediators/${urn}/config`, { ...config, ...changes })
}

test('it registers itself with its own version and beats', async () => {
  const registered = await world.registered()
  const { stdout } = await run(world.mediator.binary, ['--version'])
  assert.ok(stdout.includes(registered.version), `core has ${registered.version}, the binary says ${stdout.trim()}`)
  assert.ok(registered.endpoints.every(endpoint => endpoint.host && endpoint.port))
  assert.ok(registered.configDefs.length > 0)
  await until('a heartbeat', async () => (await world.core.get('/heartbeat')).mediators[urn] > 0)
})

test('no secret is published', async () => {
  const published = JSON.stringify(await world.core.get('/mediators'))
  assert.ok(!published.includes(world.sandbox.client.secret))
  assert.ok(!published.includes('openhim-password'))
})

test('its channel is installed: private, one role, exactly its paths', async () => {
  const channel = await world.channel()
  assert.equal(channel.authType, 'private')
  assert.equal(channel.allow.length, 1)
  assert.ok(channel.methods.includes('POST'))
  const pattern = new RegExp(channel.urlPattern)
  for (const path of [`/x${notificationPath}`, `${notificationPath}x`, '/fhir', '/']) assert.ok(!pattern.test(path), path)
})

test('a setting changed in the console takes effect without a restart', async () => {
  hospital = await world.addHospital('console-hospital')
  assert.equal((await world.notify(hospital, birth().document)).status, 200)
  await pushConfig({ channels__notification__hold: true })
  await until('the hold', async () => (await world.notify(hospital, birth().document)).status === 503)
  await pushConfig({ channels__notification__hold: false })
  await until('the release', async () => (await world.notify(hospital, birth().document)).status === 200)
})

test('a wrong setting is refused and shown, and service goes on', async () => {
  await pushConfig({ channels__notification__retry__attempts: 9999 })
  await until('the refusal in the readiness', async () =>
    JSON.stringify(await world.mediator.readiness()).includes('channels.notification.retry.attempts'))
  assert.equal((await world.notify(hospital, birth().document)).status, 200)
  await pushConfig({ channels__notification__retry__attempts: 3 })
  await until('the refusal to be gone', async () =>
    !JSON.stringify(await world.mediator.readiness()).includes('channels.notification.retry.attempts'))
})

test('a channel that is switched on later is installed too, though core keeps the registration of a version', async () => {
  const { configFile, folder } = world.mediator
  const secret = join(folder, 'forwarded-secret')
  writeFileSync(secret, randomUUID(), { mode: 0o600 })
  await world.mediator.stop()
  const more = {
    channels: {
      webhook: { forwarded_secret_file: secret, forwarded_peers: ['127.0.0.1'], finality: 'optimistic' },
      'webhook-inbound': { enabled: true }
    }
  }
  writeFileSync(configFile, JSON.stringify(merge(JSON.parse(readFileSync(configFile)), more)))
  await world.mediator.start()
  const channel = await world.channel('/crvs/public/forwarded-actions/x')
  assert.equal(channel.authType, 'public')
  assert.deepEqual((await world.mediator.readiness()).checks.filter(check => check.name === 'openhim-channels' && !check.ok), [])
})

test('after core has lost its database the mediator and its channel are back', async () => {
  await world.core.restartEmpty()
  await world.registered()
  await world.channel()
  const fresh = await world.addHospital('second-hospital')
  assert.equal((await world.notify(fresh, birth().document)).status, 200)
})

test('no worker of core died', () => { assert.equal(world.core.workerDeaths(), 0) })
