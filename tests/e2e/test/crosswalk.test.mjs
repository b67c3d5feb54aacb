// SPDX-License-Identifier: MPL-2.0
// A notification from a facility that nobody knows: parked, listed, delivered exactly once when its code is known.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { birth } from '../lib/fixtures.mjs'
import { request } from '../lib/http.mjs'
import { Mediator } from '../lib/mediator.mjs'
import { freePorts } from '../lib/ports.mjs'
import { run, until } from '../lib/process.mjs'
import { Sandbox } from '../lib/sandbox.mjs'

const facility = 'cccccccc-0000-4000-8000-000000000001' // HF-0107, Chisoma Rural Hospital
let folder, sandbox, mediator, client

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ocm-e2e-crosswalk-'))
  sandbox = await Sandbox.start(process.env.OCM_SANDBOX, folder, { port: 0 })
  const [port, adminPort] = await freePorts(2)
  mediator = new Mediator(process.env.OCM_MEDIATOR, folder, { sandbox, port, adminPort })
  await mediator.start()
  client = await mediator.addClient('hospital')
}, { timeout: 60000 })

after(async () => {
  await mediator?.stop()
  await sandbox?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const authorization = () => `Basic ${Buffer.from(`${client.id}:${client.key}`).toString('base64')}`
const send = document => request(`${mediator.url}/notification`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: authorization() },
  body: JSON.stringify(document)
})
const status = async location =>
  (await request(`${mediator.url}${location}`, { headers: { authorization: authorization() } })).json()

/** A birth at the facility of this code. */
function birthAt (code) {
  const notice = birth()
  const encounter = notice.document.entry.map(entry => entry.resource).find(r => r.resourceType === 'Encounter')
  encounter.location[0].location.reference = `Location/${code}`
  return notice
}

/** The command's exit code and what it printed as JSON, also where it failed. */
async function cli (...args) {
  const { code, stdout } = await run(mediator.binary, [...args, '--config', mediator.configFile, '--json'], { allowFailure: true })
  return { code, json: stdout ? JSON.parse(stdout) : null }
}

const delivered = location => until('it to be delivered', async () => {
  const now = await status(location)
  return now.state === 'delivered' && now
}, { timeoutMs: 30000 })

test('parked, listed, released by crosswalk set, delivered exactly once', async () => {
  const notice = birthAt('DiszpKrYNg8')
  const answer = await send(notice.document)
  assert.equal(answer.status, 202, answer.text)
  assert.equal(answer.json().state, 'parked')
  const { location } = answer.headers
  const waiting = await status(location)
  assert.equal(waiting.state, 'parked')
  assert.match(waiting.why, /the facility .*is not known/)
  assert.doesNotMatch(waiting.why, /DiszpKrYNg8/)

  const { deliveries } = await mediator.cli('deliveries', 'list', '--state', 'parked')
  assert.equal(deliveries.length, 1)
  assert.deepEqual(deliveries[0].waits_for.map(({ kind, code }) => [kind, code]), [['facility', 'DiszpKrYNg8']])
  const check = await cli('crosswalk', 'check')
  assert.equal(check.code, 1)
  assert.equal(check.json.unknown[0].code, 'DiszpKrYNg8')
  assert.equal((await sandbox.eventsOf(notice.child.given)).length, 0)

  const again = await send(notice.document)
  assert.equal(again.status, 202, 'sent again it is looked at afresh, and waits as before')
  assert.equal((await mediator.cli('deliveries', 'list', '--state', 'parked')).deliveries.length, 1)

  const set = await mediator.cli('crosswalk', 'set', 'facility', 'DiszpKrYNg8', 'HF-0107', '--system', 'dhis2')
  assert.equal(set.location, facility)
  assert.equal(set.released, 1)
  const done = await delivered(again.headers.location)
  assert.ok(done.tracking_id)
  const events = await sandbox.eventsOf(notice.child.given)
  assert.equal(events.length, 1)
  assert.match(JSON.stringify(events[0]), new RegExp(facility))
  assert.equal((await cli('crosswalk', 'check')).code, 0)

  // Known now: the next one goes through at once.
  assert.equal((await send(birthAt('DiszpKrYNg8').document)).status, 200)
  assert.doesNotMatch(mediator.printed(), /DiszpKrYNg8/, 'a code in the log')
})

test('an entry made while the mediator is stopped releases at the start', async () => {
  const notice = birthAt('kill-9')
  const answer = await send(notice.document)
  assert.equal(answer.json().state, 'parked')
  await mediator.kill()
  const imported = join(folder, 'table.csv')
  writeFileSync(imported, '\ufeffkind;system;code;location\r\nfacility;*;kill-9;HF-0108\r\n')
  const dry = await mediator.cli('crosswalk', 'import', imported, '--dry-run')
  assert.equal(dry.added, 1)
  assert.equal((await mediator.cli('crosswalk', 'import', imported)).added, 1)
  await mediator.start()
  await delivered(answer.headers.location)
  assert.equal((await sandbox.eventsOf(notice.child.given)).length, 1)
  assert.equal((await mediator.cli('store', 'check')).ok, true)
})

test('a table with mistakes: every one named, nothing imported, exit code 1', async () => {
  const table = join(folder, 'bad.csv')
  writeFileSync(table, 'kind,system,code,location\nclinic,dhis2,A,HF-0107\nfacility,dhis2,B,nowhere\nfacility,dhis2,C,HF-0107\n')
  const { code, json } = await cli('crosswalk', 'import', table)
  assert.equal(code, 1)
  assert.deepEqual(json.problems.map(({ line, column }) => [line, column]), [[2, 'kind'], [3, 'location']])
  assert.equal((await mediator.cli('crosswalk', 'list', '--code', 'C')).entries.length, 0)
  assert.equal((await cli('crosswalk', 'import')).code, 2)
})

test("an OpenCRVS 1.x's ids: what is sure is imported, the rest is for a person", async () => {
  const location = (id, type, name, code, partOf) => ({
    fullUrl: `http://config:2021/location/${id}/_history/1`,
    resource: {
      resourceType: 'Location',
      id,
      name,
      status: 'active',
      identifier: [{ value: `${type}_${code}` }],
      partOf: { reference: `Location/${partOf}` },
      type: { coding: [{ code: type }] }
    }
  })
  const area = '11111111-0000-4000-8000-000000000001'
  const answer = join(folder, 'locations.json')
  writeFileSync(answer, JSON.stringify({
    resourceType: 'Bundle',
    type: 'searchset',
    entry: [
      location(area, 'ADMIN_STRUCTURE', 'Chisoma', 'VI_010101', '0'),
      location('22222222-0000-4000-8000-000000000001', 'HEALTH_FACILITY', 'Chisoma Rural Hosp.', 'xyz', area),
      location('22222222-0000-4000-8000-000000000002', 'HEALTH_FACILITY', 'Mutende Post', 'xyz2', area),
      location(facility, 'HEALTH_FACILITY', 'Chisoma Rural Hospital', 'HF-0107', area)
    ]
  }))
  const review = join(folder, 'review.csv')
  const result = await mediator.cli('crosswalk', 'import', '--from-opencrvs-1', answer, '--review', review)
  assert.deepEqual([result.listed, result.known_already, result.added, result.to_review], [4, 1, 2, 1])
  assert.match(readFileSync(review, 'utf8'), /22222222-0000-4000-8000-000000000002,cccccccc-0000-4000-8000-000000000002/)
  const notice = birthAt('22222222-0000-4000-8000-000000000001')
  assert.equal((await send(notice.document)).status, 200)
  assert.match(JSON.stringify(await sandbox.eventsOf(notice.child.given)), new RegExp(facility))
})

test('suggestions are confirmed by a person', async () => {
  const answer = await send(birthAt('hf0120').document)
  assert.equal(answer.json().state, 'parked')
  const { suggestions } = await mediator.cli('crosswalk', 'suggest')
  assert.equal(suggestions[0].candidates[0].location_name, 'Ntambo Clinic')
  const { stdout } = await run('sh', ['-c', 'echo 1 | "$0" crosswalk suggest --confirm --json --config "$1"', mediator.binary, mediator.configFile])
  assert.equal(JSON.parse(stdout).added, 1)
  await delivered(answer.headers.location)
})
