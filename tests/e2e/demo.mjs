// SPDX-License-Identifier: MPL-2.0
// The demo behind scripts/demo: the end-to-end tests' own harness, on ports a person can remember, with the path of
// each message printed.
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { coreVersion } from './lib/core.mjs'
import { birth, death, trackingId } from './lib/fixtures.mjs'
import { run } from './lib/process.mjs'
import { notificationPath, World } from './lib/world.mjs'

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
  return id
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
    '', bold('What runs'), table([
      [`OpenHIM core ${coreVersion()}`, `router ${world.core.routerUrl}`, `API ${world.core.apiUrl} (root@openhim.org / openhim-password)`],
      ['mediator', world.mediator.url, `admin ${world.mediator.adminUrl}`],
      ['sandbox OpenCRVS 2.0', world.sandbox.url, ''],
      ['logs', here(folder), '']
    ]))
}

const started = performance.now()
const preferred = { core: { router: 5001, api: 8080 }, sandbox: 7070, mediator: 8480, admin: 8481 }
let world, stopping

async function stop (code) {
  if (stopping) return
  stopping = true
  await world?.stop()
  process.exit(code)
}
process.on('SIGINT', () => { say('', 'Stopping ...'); stop(0) })

try {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  say('Starting OpenHIM core, the sandbox OpenCRVS and the mediator ...')
  world = await World.start({ folder, preferred })
  await world.registered()
  const hospital = await world.addHospital('district-hospital')
  say(`Ready in ${((performance.now() - started) / 1000).toFixed(1)} s: the mediator is registered with OpenHIM and its channel is installed.`)
  await send(world, hospital, birth())
  const last = await send(world, hospital, death())
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
