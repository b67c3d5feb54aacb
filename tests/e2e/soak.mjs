// SPDX-License-Identifier: MPL-2.0
// The long tests behind scripts/soak: many notifications while the mediator is killed, then while OpenCRVS fails in each
// of its ways. What was acknowledged has to be in OpenCRVS exactly once in the end. OpenCRVS 1.4 and 1.8 know no
// idempotency key: there a notification of which it is unclear whether it was taken waits for a person, is listed with
// its reason, and is in OpenCRVS once at most.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { birth } from './lib/fixtures.mjs'
import { request } from './lib/http.mjs'
import { Mediator } from './lib/mediator.mjs'
import { freePorts } from './lib/ports.mjs'
import { run } from './lib/process.mjs'
import { Sandbox } from './lib/sandbox.mjs'

const word = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]
}
const option = (name, fallback) => Number(word(name, fallback))
const allVersions = ['1.4', '1.8', '1.9', '2.0']
const wantedVersion = word('target', '2.0')
if (wantedVersion !== 'all' && !allVersions.includes(wantedVersion)) {
  console.error(`--target is one of ${allVersions.join(', ')} or all`)
  process.exit(2)
}
const versions = wantedVersion === 'all' ? allVersions : [wantedVersion]
const onOutage = word('on-outage', 'refuse')
if (!['refuse', 'queue'].includes(onOutage)) {
  console.error('--on-outage is refuse or queue')
  process.exit(2)
}
const senders = option('senders', 8)
const say = (...words) => console.log(...words)

class Soak {
  acknowledged = new Map() // transactions that were acknowledged, by given names of the children whose notification was answered 2xx
  unclear = 0 // wait for a person
  tries = 0
  refused = 0 // answers that say come again
  broken = 0 // no answer
  slowest = 0

  async start (folder, version) {
    this.folder = folder
    this.legacy = version < '1.9'
    this.sandbox = await Sandbox.start(process.env.OCM_SANDBOX, folder, { version })
    const [port, adminPort] = await freePorts(2)
    this.mediator = new Mediator(process.env.OCM_MEDIATOR, folder, {
      sandbox: this.sandbox, port, adminPort, settings: { targets: { sandbox: { timeout: '2s' } } }
    })
    await this.mediator.start()
    this.key = (await this.mediator.addClient('hospital', undefined, { onOutage })).key
  }

  async stop () {
    await this.mediator?.stop()
    await this.sandbox?.stop()
  }

  /** Sends one birth until it is acknowledged, as a careful sender does. */
  async deliver () {
    const notice = birth()
    for (;;) {
      this.tries++
      const began = performance.now()
      try {
        const answer = await request(`${this.mediator.url}/notification`, {
          method: 'POST', body: notice.document, headers: { 'x-api-key': this.key }, timeoutMs: 60000
        })
        this.slowest = Math.max(this.slowest, performance.now() - began)
        if (answer.status < 300) {
          const path = answer.headers.location
          this.acknowledged.set(notice.child.given, answer.status === 202 ? path.split('/').pop() : '')
          return
        }
        if (answer.status < 500) throw new Error(`answered ${answer.status}: ${answer.text}`)
        this.refused++
      } catch (error) {
        if (/^answered/.test(error.message)) throw error
        this.broken++
      }
      await sleep(50 + Math.random() * 100)
    }
  }

  /** Every acknowledged child is in OpenCRVS once, notified once, and the store is sound. */
  async verify (settleMs) {
    const end = performance.now() + settleMs
    let wrong
    do {
      await sleep(500)
      wrong = await this.#wrong()
    } while (wrong.length && performance.now() < end)
    if (wrong.length) throw new Error(`${wrong.length} of ${this.acknowledged.size} are not there exactly once:\n${wrong.slice(0, 10).join('\n')}`)
    const checked = await run(this.mediator.binary, ['store', 'check', '--config', this.mediator.configFile])
    say(`    ${checked.stdout.trim().split('\n').pop()}`)
  }

  /** Transactions that are listed as waiting for a person who looks into OpenCRVS. */
  async #listedAsUnclear () {
    if (!this.legacy) return new Set()
    const { deliveries, next } = await this.mediator.cli('deliveries', 'list', '--state', 'parked', '--limit', '1000')
    if (next) throw new Error('more wait for a person than can be listed at once: send fewer')
    return new Set(deliveries.filter(each => each.error === 'target_timeout' && each.why).map(each => each.transaction))
  }

  async #wrong () {
    const found = new Map()
    for (const event of await this.sandbox.events()) {
      const full = await this.sandbox.event(event.id)
      const text = JSON.stringify(full)
      const notified = this.legacy
        ? 1
        : (full.actions ?? []).filter(action => action.type === 'NOTIFY' && action.status !== 'Requested').length
      const name = [...this.acknowledged.keys()].find(given => text.includes(given))
      if (name) found.set(name, [...(found.get(name) ?? []), notified])
    }
    const listed = await this.#listedAsUnclear()
    const wrong = []
    this.unclear = 0
    for (const [name, transaction] of this.acknowledged) {
      const records = found.get(name) ?? []
      const waits = listed.has(transaction)
      if (waits) this.unclear++
      const once = records.length === 1 && records[0] === 1
      if (!once && !(waits && records.length === 0)) {
        wrong.push(`${name}: ${records.length} records, notified ${records.join(', ')}${waits ? ', waits for a person' : ''}`)
      }
    }
    return wrong
  }
}

/** Sends `count` notifications, or more: as many as it takes to be killed `wanted` times at work. */
async function kills (soak, count, wanted) {
  let sent = 0
  let killed = 0
  let restart = 0
  const sender = async () => { while (sent++ < count || killed < wanted) await soak.deliver() }
  const killer = async () => {
    while (killed < wanted) {
      await sleep(20 + Math.random() * 400)
      await soak.mediator.kill()
      const began = performance.now()
      await soak.mediator.start()
      restart = Math.max(restart, performance.now() - began)
      killed++
    }
  }
  await Promise.all([killer(), ...Array.from({ length: senders }, sender)])
  say(`    killed ${killed} times, slowest restart ${restart.toFixed(0)} ms`)
}

const troubles = {
  'answers 500': { kind: 'status', status: 500 },
  hangs: { kind: 'hang', ms: 5000 },
  'drops the connection after doing the work': { kind: 'reset', after: true },
  'cuts its answers in the middle': { kind: 'truncate', after: true },
  'answers what is no JSON': { kind: 'garbage', after: true }
}

/** What an outage leaves for a person at a 1.x target has to fit in one list; what it leaves in the queue, to be sent soon. */
const mostWaiting = 800

async function outage (soak, rule, seconds) {
  const end = performance.now() + seconds * 1000
  const calls = soak.legacy
    ? ['POST /notification']
    : ['POST /events/*', 'POST /events/events/*/notify', 'POST /events/events/notifications']
  await soak.sandbox.faults(...calls.map(match => ({ match, ...rule })))
  const pause = soak.legacy || onOutage === 'queue' ? senders * seconds * 1000 / mostWaiting : 0
  const sender = async () => {
    while (performance.now() < end) {
      await soak.deliver()
      await sleep(pause)
    }
  }
  const sending = Promise.all(Array.from({ length: senders }, sender))
  await Promise.race([sleep(seconds * 1000), sending])
  await soak.sandbox.noFaults()
  await sending
}

async function scenario (version, name, settleMs, work) {
  say(`== OpenCRVS ${version}: ${name}`)
  const folder = mkdtempSync(join(tmpdir(), 'ocm-soak-'))
  const soak = new Soak()
  const began = performance.now()
  try {
    await soak.start(folder, version)
    await work(soak)
    await soak.verify(settleMs)
    const seconds = (performance.now() - began) / 1000
    say(`    ${soak.acknowledged.size} acknowledged in ${seconds.toFixed(1)} s, ${soak.tries} tries, ${soak.refused} told to come again, ` +
      `${soak.broken} without an answer, slowest answer ${soak.slowest.toFixed(0)} ms, ` +
      `store ${(statSync(join(folder, 'mediator.db')).size / 1e6).toFixed(1)} MB: ` +
      (soak.unclear
        ? `each is in OpenCRVS exactly once, or is one of ${soak.unclear} listed for a person to look up; none is there twice`
        : 'each is in OpenCRVS exactly once'))
    return true
  } catch (error) {
    say(`    FAILED: ${error.message}`)
    if (!process.env.OCM_KEEP) say('    (OCM_KEEP=1 keeps its files)')
    return false
  } finally {
    await soak.stop()
    if (!process.env.OCM_KEEP) rmSync(folder, { recursive: true, force: true })
  }
}

let good = true
const notifications = option('notifications', 1000)
const wantedKills = option('kills', 100)
const seconds = option('outage-seconds', 60)
for (const version of versions) {
  good = await scenario(version, `${notifications} notifications or more, kill -9 at ${wantedKills} random moments`, 60000,
    soak => kills(soak, notifications, wantedKills)) && good
  for (const [name, rule] of Object.entries(troubles)) {
    good = await scenario(version, `OpenCRVS ${name} for ${seconds} s under load (on_outage: ${onOutage})`, 120000,
      soak => outage(soak, rule, seconds)) && good
  }
}
process.exit(good ? 0 : 1)
