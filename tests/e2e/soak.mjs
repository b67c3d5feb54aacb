// SPDX-License-Identifier: MPL-2.0
// The long tests behind scripts/soak: many notifications while the mediator is killed, then while OpenCRVS fails in each
// of its ways. What was acknowledged has to be in OpenCRVS exactly once in the end.
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

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const senders = option('senders', 8)
const say = (...words) => console.log(...words)

class Soak {
  acknowledged = new Map() // a child's given name -> how often its notification was answered 2xx
  tries = 0
  refused = 0 // answers that say come again
  broken = 0 // no answer
  slowest = 0

  async start (folder) {
    this.folder = folder
    this.sandbox = await Sandbox.start(process.env.OCM_SANDBOX, folder)
    const [port, adminPort] = await freePorts(2)
    this.mediator = new Mediator(process.env.OCM_MEDIATOR, folder, {
      sandbox: this.sandbox, port, adminPort, settings: { targets: { sandbox: { timeout: '2s' } } }
    })
    await this.mediator.start()
    this.key = (await this.mediator.addClient('hospital')).key
  }

  async stop () {
    await this.mediator?.stop()
    await this.sandbox?.stop()
  }

  /** Sends one birth until it is acknowledged, as a careful sender does. */
  async deliver (until = Infinity) {
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
          this.acknowledged.set(notice.child.given, (this.acknowledged.get(notice.child.given) ?? 0) + 1)
          return
        }
        if (answer.status < 500) throw new Error(`answered ${answer.status}: ${answer.text}`)
        this.refused++
      } catch (error) {
        if (/^answered/.test(error.message)) throw error
        this.broken++
      }
      if (performance.now() > until) return // never acknowledged: nothing was promised
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

  async #wrong () {
    const found = new Map()
    for (const event of await this.sandbox.events()) {
      const full = await this.sandbox.event(event.id)
      const text = JSON.stringify(full)
      const notified = (full.actions ?? []).filter(action => action.type === 'NOTIFY' && action.status !== 'Requested').length
      const name = [...this.acknowledged.keys()].find(given => text.includes(given))
      if (name) found.set(name, [...(found.get(name) ?? []), notified])
    }
    const wrong = []
    for (const name of this.acknowledged.keys()) {
      const records = found.get(name) ?? []
      if (records.length !== 1 || records[0] !== 1) wrong.push(`${name}: ${records.length} records, notified ${records.join(', ')}`)
    }
    return wrong
  }
}

/** Sends `count` notifications from several senders at once while `meanwhile` goes on. */
async function under (soak, count, meanwhile) {
  let left = count
  const sender = async () => { while (left-- > 0) await soak.deliver() }
  const sending = Promise.all(Array.from({ length: senders }, sender))
  let over = false
  sending.finally(() => { over = true }).catch(() => {})
  await Promise.all([sending, meanwhile(() => over)])
}

async function kills (soak, count, wanted) {
  let killed = 0
  let restart = 0
  await under(soak, count, async over => {
    while (!over() && killed < wanted) {
      await sleep(20 + Math.random() * 400)
      await soak.mediator.kill()
      killed++
      const began = performance.now()
      await soak.mediator.start()
      restart = Math.max(restart, performance.now() - began)
    }
  })
  say(`    killed ${killed} times, slowest restart ${restart.toFixed(0)} ms`)
}

const troubles = {
  'answers 500': { kind: 'status', status: 500 },
  hangs: { kind: 'hang', ms: 5000 },
  'drops the connection after doing the work': { kind: 'reset', after: true },
  'cuts its answers in the middle': { kind: 'truncate', after: true },
  'answers what is no JSON': { kind: 'garbage', after: true }
}

async function outage (soak, rule, seconds) {
  const end = performance.now() + seconds * 1000
  await soak.sandbox.faults({ match: 'POST /events/*', ...rule }, { match: 'POST /events/events/*/notify', ...rule })
  const sender = async () => { while (performance.now() < end) await soak.deliver() }
  const sending = Promise.all(Array.from({ length: senders }, sender))
  await Promise.race([sleep(seconds * 1000), sending])
  await soak.sandbox.noFaults()
  await sending
}

async function scenario (name, settleMs, work) {
  say(`== ${name}`)
  const folder = mkdtempSync(join(tmpdir(), 'ocm-soak-'))
  const soak = new Soak()
  const began = performance.now()
  try {
    await soak.start(folder)
    await work(soak)
    await soak.verify(settleMs)
    const seconds = (performance.now() - began) / 1000
    const repeated = [...soak.acknowledged.values()].filter(times => times > 1).length
    say(`    ${soak.acknowledged.size} acknowledged in ${seconds.toFixed(1)} s, ${soak.tries} tries, ${soak.refused} told to come again, ` +
      `${soak.broken} without an answer, ${repeated} acknowledged twice, slowest answer ${soak.slowest.toFixed(0)} ms, ` +
      `store ${(statSync(join(folder, 'mediator.db')).size / 1e6).toFixed(1)} MB: each is in OpenCRVS exactly once`)
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
good = await scenario(`${notifications} notifications, kill -9 at ${wantedKills} random moments`, 60000,
  soak => kills(soak, notifications, wantedKills)) && good
const seconds = option('outage-seconds', 60)
for (const [name, rule] of Object.entries(troubles)) {
  good = await scenario(`OpenCRVS ${name} for ${seconds} s under load`, 120000, soak => outage(soak, rule, seconds)) && good
}
process.exit(good ? 0 : 1)
