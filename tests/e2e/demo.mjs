// SPDX-License-Identifier: MPL-2.0
// The demo behind scripts/demo: the end-to-end tests' own harness, on ports a person can remember, with the path of
// each message printed.
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { coreVersion } from './lib/core.mjs'
import { birth, death, trackingId } from './lib/fixtures.mjs'
import { hubSignature, Subscriber } from './lib/hearing.mjs'
import { run, until } from './lib/process.mjs'
import { notificationPath, webhooksPath, World } from './lib/world.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const folder = process.env.OCM_DEMO_FOLDER ?? join(root, '.demo')
const once = process.argv.includes('--once')
const paint = process.stdout.isTTY ? (code, text) => `\x1b[${code}m${text}\x1b[0m` : (code, text) => text
const bold = text => paint(1, text)
const say = (...lines) => console.log(lines.join('\n'))

function table (rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map(row => String(row[i]).length)))
  return rows.map(row => '    ' + row.map((cell, i) => String(cell).padEnd(widths[i])).join('  ').trimEnd()).join('\n')
}

async function send (world, hospital, notice) {
  const subject = notice.child ?? notice.deceased
  say('', bold(`A ${notice.kind}: ${subject.given} ${subject.family}`), `  POST ${world.core.routerUrl}${notificationPath} as ${hospital.clientID}: an OpenCRVS 1.x FHIR document`)
  const answer = await world.notify(hospital, notice.document)
  if (answer.status !== 200) throw new Error(`the ${notice.kind} was answered ${answer.status}: ${answer.text}`)
  const id = answer.headers['x-openhim-transactionid']
  const tracking = trackingId(answer.json())
  say(`  ${answer.status}, tracking id ${bold(tracking)}`)

  const transaction = await world.core.transaction(id)
  say(`  1. OpenHIM transaction ${id}: ${transaction.status}`, table(transaction.orchestrations.map(step =>
    [step.name, step.request.method, step.request.path, step.response?.status ?? step.error?.message ?? ''])))

  const record = (await world.sandbox.eventsOf(subject.given))[0]
  const full = await world.sandbox.event(record.id)
  say(`  2. OpenCRVS 2.0 record ${record.id}: ${record.type}, ${record.status ?? 'NOTIFIED'}, tracking id ${record.trackingId}`,
    table(Object.entries(full.declaration ?? {}).map(([field, value]) => [field, JSON.stringify(value)])))

  const shown = await run(world.mediator.binary, ['transactions', 'show', id, '--config', world.mediator.configFile])
  say(`  3. The mediator's own record of it (personal values stay hidden without --reveal):`, shown.stdout.replace(/^/gm, '    ').trimEnd())
  return { id, tracking }
}

/** A ministry's system, which subscribes as it did with OpenCRVS 1.x. */
async function addMinistry (world) {
  const ministry = await world.addSubscriber('ministry', 'webhook', 'child-details,mother-details')
  ministry.server = await Subscriber.start()
  const hub = { callback: ministry.server.url, mode: 'subscribe', topic: 'BIRTH_REGISTERED', secret: ministry.own.signing_secret }
  const answer = await world.core.route(ministry, 'POST', webhooksPath, { hub })
  if (answer.status !== 202) throw new Error(`the subscription was answered ${answer.status}: ${answer.text}`)
  return ministry
}

/** The birth is registered in OpenCRVS, and the ministry hears of it. */
async function register (world, ministry, tracking) {
  const began = performance.now()
  const number = await world.sandbox.register(tracking)
  say('', bold(`It is registered: ${number}`), '  OpenCRVS 2.0 has no webhooks; its country configuration forwards the action, and the mediator asks back')
  const [heard] = await until('the ministry to hear of it', () => ministry.server.seen.length && ministry.server.seen)
  const right = heard.headers['x-hub-signature'] === hubSignature(ministry.own.signing_secret, heard.raw)
  const { event } = JSON.parse(heard.raw)
  const resources = event.context[0].entry.map(entry => entry.resource)
  const names = resources.filter(one => one.resourceType === 'Patient')
    .map(one => [one.name?.[0]?.given?.join(' '), one.name?.[0]?.family].flat().filter(Boolean).join(' '))
  if (!right || !heard.raw.includes(number)) throw new Error('the ministry was told something else')
  say(`  ${((performance.now() - began) / 1000).toFixed(1)} s later the ministry's webhook of OpenCRVS 1.x is told, by an unchanged contract:`, table([
    ['topic', event.hub.topic], ['signature', `${heard.headers['x-hub-signature'].slice(0, 23)}… is right`],
    ['resources', resources.map(one => one.resourceType).join(', ')], ['persons', names.join(', ')]]))
}

function whatNext (world, hospital, transaction) {
  const here = file => relative(process.cwd(), file)
  const cli = `${here(world.mediator.binary)} `
  const config = `--config ${here(world.mediator.configFile)}`
  say('', bold('Try next'),
    `  ${cli}transactions list ${config}`,
    `  ${cli}transactions show ${transaction} ${config}`,
    `  ${cli}transactions show ${transaction} --reveal --reason "trying it out" ${config}`,
    `  ${cli}clients list ${config}`,
    `  ${cli}channels diff ${config}`,
    `  curl -u ${hospital.clientID}:${hospital.password} -H 'content-type: application/json' -d @${here(world.sampleFile)} ${world.core.routerUrl}${notificationPath}`,
    `  curl ${world.mediator.adminUrl}/health/ready`,
    `  curl ${world.mediator.adminUrl}/metrics`,
    `  curl ${world.sandbox.url}/sandbox/events`,
    `  ${cli}subscriptions list ${config}`,
    `  ${cli}deliveries list ${config}`,
    '', bold('What runs'), table([
      [`OpenHIM core ${coreVersion()}`, `router ${world.core.routerUrl}`, `API ${world.core.apiUrl} (root@openhim.org / openhim-password)`],
      ['mediator', world.mediator.url, `admin ${world.mediator.adminUrl}`],
      ['sandbox OpenCRVS 2.0', world.sandbox.url, ''],
      ['logs', here(folder), '']
    ]))
}

const started = performance.now()
const preferred = { core: { router: 5001, api: 8080 }, sandbox: 7070, mediator: 8480, admin: 8481 }
let world, ministry, stopping

async function stop (code) {
  if (stopping) return
  stopping = true
  ministry?.server.stop()
  await world?.stop()
  process.exit(code)
}
process.on('SIGINT', () => { say('', 'Stopping ...'); stop(0) })

try {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  say('Starting OpenHIM core, the sandbox OpenCRVS and the mediator ...')
  world = await World.start({ folder, preferred, hears: true })
  await world.registered()
  const hospital = await world.addHospital('district-hospital')
  ministry = await addMinistry(world)
  say(`Ready in ${((performance.now() - started) / 1000).toFixed(1)} s: the mediator is registered with OpenHIM and its channel is installed.`)
  const { tracking } = await send(world, hospital, birth())
  await register(world, ministry, tracking)
  const { id: last } = await send(world, hospital, death())
  world.sampleFile = world.writeSample(birth().document)
  whatNext(world, hospital, last)
  if (once) await stop(0)
  say('', 'Running until Ctrl-C.')
  await world.mediator.process.ended
  if (!stopping) throw new Error(`the mediator ended\n${world.mediator.process.tail()}`)
} catch (error) {
  if (!stopping) console.error(error.message)
  await stop(1)
}
