// SPDX-License-Identifier: MPL-2.0
// The long test of deliveries behind scripts/soak: OpenCRVS 1.9 tells of births registered and corrected while the
// mediator is killed (-9) at random moments. In the end every subscriber has every event, those of a record and topic in
// their order; one it has twice came again only after a kill, which is when an acknowledgement can be lost.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { hearing, hubSignature, Subscriber } from './lib/hearing.mjs'
import { request } from './lib/http.mjs'
import { Mediator, merge } from './lib/mediator.mjs'
import { freePorts } from './lib/ports.mjs'
import { run, until } from './lib/process.mjs'
import { Sandbox } from './lib/sandbox.mjs'

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const deliveries = option('deliveries', 5000)
const wantedKills = option('kills', 50)
const senders = option('senders', 8)
const subscriberCount = 5
const topics = ['BIRTH_REGISTERED', 'BIRTH_CORRECTED', 'BIRTH_CORRECTED', 'BIRTH_CORRECTED'] // of each record, in order
const say = (...words) => console.log(...words)

const folder = mkdtempSync(join(tmpdir(), 'ocm-soak-deliveries-'))
const template = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '..', 'unit', 'formats', 'data', 'webhook', 'record-1.8.json'), 'utf8')
const state = { kills: 0, records: 0, tellings: 0, unanswered: 0, restart: 0 }
let sandbox, mediator, webhook
const subscribers = []

/** The message by which OpenCRVS tells of event `event` of a record; both stand in the child's name. */
function message (record, event) {
  const message = JSON.parse(template
    .replaceAll('2026B7Q2K1', `2026B${String(record).padStart(6, '0')}`)
    .replaceAll('c0111000-0000-4000-8000-000000000001', `c0111000-0000-4000-8000-${String(record).padStart(12, '0')}`)
    .replaceAll('Thandiwe', `Record${record}event${event}end`)
    .replaceAll('2026-03-04T08:00:00.000Z', `2026-03-04T08:0${event}:00.000Z`))
  message.event.hub.topic = topics[event]
  return JSON.stringify(message)
}

/** Tells of it until the mediator has taken it. */
async function tell (raw) {
  for (;;) {
    state.tellings++
    try {
      const answer = await request(`${mediator.url}/public/webhooks/opencrvs`, {
        method: 'POST', body: raw, headers: { 'x-hub-signature': hubSignature(webhook.sha, raw) }, timeoutMs: 20000
      })
      if (answer.status === 200) return
      throw new Error(`answered ${answer.status}: ${answer.text}`)
    } catch (error) {
      if (/^answered/.test(error.message)) throw error
      state.unanswered++
    }
    await sleep(20 + Math.random() * 50)
  }
}

async function subscribe (i) {
  const subscriber = { heard: [] }
  subscriber.server = await Subscriber.start({
    heard ({ headers, raw }) {
      const [, record, event] = /Record(\d+)event(\d)end/.exec(raw) ?? []
      const signed = headers['x-hub-signature'] === hubSignature(subscriber.secret, raw)
      subscriber.heard.push({ record: Number(record), event: Number(event), signed, life: state.kills })
    }
  })
  const { stdout } = await run(mediator.binary, ['clients', 'add', '--name', `subscriber-${i}`, '--kind', 'webhook', '--fields',
    'child-details', '--config', mediator.configFile, '--json'])
  const client = JSON.parse(stdout)
  subscriber.secret = client.signing_secret
  for (const topic of new Set(topics)) {
    const answer = await request(`${mediator.url}/webhooks`, {
      method: 'POST',
      headers: { 'x-api-key': client.key },
      body: { hub: { callback: subscriber.server.url, mode: 'subscribe', topic, secret: client.signing_secret } }
    })
    if (answer.status !== 202) throw new Error(`a subscription was answered ${answer.status}: ${answer.text}`)
  }
  subscribers.push(subscriber)
}

/** Sends until there were enough deliveries and kills. */
async function send () {
  const wanted = Math.ceil(deliveries / topics.length / subscriberCount)
  while (state.records < wanted || state.kills < wantedKills) {
    const record = ++state.records
    for (let event = 0; event < topics.length; event++) await tell(message(record, event))
  }
}

async function kill () {
  while (state.kills < wantedKills) {
    await sleep(20 + Math.random() * 400)
    await mediator.kill()
    await sleep(50) // what it had sent is heard before the next life begins
    state.kills++
    const began = performance.now()
    await mediator.start()
    state.restart = Math.max(state.restart, performance.now() - began)
  }
}

/** What is wrong with what one has heard; the number of repetitions. */
function judge ({ heard }) {
  const wrong = []
  const last = new Map() // of a record and topic: what was heard last
  const seen = new Map() // of an event: the life of the mediator in which it was heard last
  let repeated = 0
  for (const { record, event, signed, life } of heard) {
    const name = `record ${record}, event ${event}`
    if (!signed) wrong.push(`${name}: not signed for this subscriber`)
    const before = seen.get(name)
    if (before !== undefined) repeated++
    if (before === life) wrong.push(`${name}: twice though nothing was killed in between`)
    seen.set(name, life)
    const series = `${record} ${topics[event]}`
    if ((last.get(series) ?? -1) > event) wrong.push(`${name}: after event ${last.get(series)}`)
    last.set(series, event)
  }
  return { wrong, repeated, distinct: seen.size }
}

let good = true
try {
  const [port, adminPort] = await freePorts(2)
  const ends = hearing({ folder, port, version: '1.9' })
  webhook = ends.sandbox.webhook
  sandbox = await Sandbox.start(process.env.OCM_SANDBOX, folder, { version: '1.9', ...ends.sandbox })
  mediator = new Mediator(process.env.OCM_MEDIATOR, folder, {
    sandbox, port, adminPort, settings: merge(ends.settings(sandbox.url), { log: { level: 'warn' } })
  })
  await mediator.start()
  for (let i = 0; i < subscriberCount; i++) await subscribe(i)
  say(`== ${deliveries} deliveries or more to ${subscriberCount} subscribers, kill -9 at ${wantedKills} random moments`)
  const began = performance.now()
  await Promise.all([kill(), ...Array.from({ length: senders }, send)])
  const events = state.records * topics.length
  await until('every subscriber to have every event', () => subscribers.every(each => judge(each).distinct === events),
    { timeoutMs: 60000, everyMs: 500 }).catch(async error => {
    const waiting = []
    for (const state of ['pending', 'sending', 'dead', 'parked', 'discarded']) {
      waiting.push(...(await mediator.cli('deliveries', 'list', '--state', state, '--limit', '20')).deliveries)
    }
    throw new Error(`${error.message}: of ${events} they have ${subscribers.map(each => judge(each).distinct).join(', ')}\n` +
      waiting.map(each => `${each.kind} ${each.state}, ${each.attempts} attempts, due ${each.due}: ${each.why ?? ''}`).join('\n'))
  })
  // What is recorded as sent but not as delivered would come once more.
  const any = async state => (await mediator.cli('deliveries', 'list', '--state', state, '--limit', '1')).deliveries.length > 0
  await until('the outbox to be empty', async () => !(await any('pending')) && !(await any('sending')), { timeoutMs: 60000 })
  const seconds = (performance.now() - began) / 1000
  const judged = subscribers.map(judge)
  const wrong = judged.flatMap(each => each.wrong)
  const { deliveries: dead } = await mediator.cli('deliveries', 'list', '--state', 'dead', '--limit', '10')
  for (const each of dead) wrong.push(`a dead letter: ${each.why}`)
  const repeated = judged.reduce((sum, each) => sum + each.repeated, 0)
  await mediator.stop()
  const checked = await run(mediator.binary, ['store', 'check', '--config', mediator.configFile])
  say(`    killed ${state.kills} times, slowest restart ${state.restart.toFixed(0)} ms; ${checked.stdout.trim().split('\n').pop()}`)
  say(`    ${events} events of ${state.records} records told in ${state.tellings} tries (${state.unanswered} without an answer), ` +
    `${events * subscriberCount} deliveries in ${seconds.toFixed(1)} s, store ${(statSync(join(folder, 'mediator.db')).size / 1e6).toFixed(1)} MB`)
  say(`    every subscriber has every event; ${repeated} came twice, each after a kill that lost its acknowledgement`)
  if (wrong.length) throw new Error(`${wrong.length} are wrong:\n${wrong.slice(0, 10).join('\n')}`)
} catch (error) {
  say(`    FAILED: ${error.message}`)
  good = false
} finally {
  await mediator?.stop()
  await sandbox?.stop()
  for (const { server } of subscribers) server.stop()
  if (!process.env.OCM_KEEP) rmSync(folder, { recursive: true, force: true })
}
process.exit(good ? 0 : 1)
