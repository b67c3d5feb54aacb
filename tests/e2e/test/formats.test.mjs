// SPDX-License-Identifier: MPL-2.0
// The same hospital sends in every format through OpenHIM; OpenCRVS 2.0 gets one record of each.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { birth, places } from '../lib/fixtures.mjs'
import { until } from '../lib/process.mjs'
import { World } from '../lib/world.mjs'

let world, hospital

before(async () => {
  world = await World.start()
  hospital = await world.addHospital('district-hospital')
}, { timeout: 90000 })

after(async () => { await world?.stop() })

const post = (path, body, headers = {}) => world.core.route(hospital, 'POST', `/crvs${path}`, body, { headers })

/** A name of its own, so that a record is found by it. */
const given = () => birth().child.given

async function recorded (name) {
  const events = await world.sandbox.eventsOf(name)
  assert.equal(events.length, 1, name)
  return (await world.sandbox.event(events[0].id)).declaration
}

/** What everyone says here: a girl, born at the facility, by a mother of a name. */
function same (declaration, name) {
  assert.equal(declaration['child.name'].firstname, name)
  assert.equal(declaration['child.gender'], 'female')
  assert.equal(declaration['child.dob'], '2026-02-02')
  assert.equal(declaration['child.birthLocation'], places.facility)
  assert.equal(declaration['child.weightAtBirth'], 3.15)
  assert.equal(declaration['mother.name'].surname, 'Moyo')
  assert.equal(declaration['informant.relation'], 'MOTHER')
}

const vital = name => ({
  version: '1',
  kind: 'birth',
  persons: {
    child: { names: [{ given: [name], family: 'Moyo' }], gender: 'female', birth_date: '2026-02-02' },
    mother: { names: [{ given: ['Sara'], family: 'Moyo' }] }
  },
  place: { kind: 'HEALTH_FACILITY', location: places.facility },
  informant: { relation: 'MOTHER' },
  birth: { weight_grams: 3150 },
  source: { system: 'portal', record: `portal-${name}` }
})

function resources (name) {
  return [
    { resourceType: 'Patient', id: 'child', name: [{ given: [name], family: 'Moyo' }], gender: 'female', birthDate: '2026-02-02' },
    { resourceType: 'Patient', id: 'mother', name: [{ given: ['Sara'], family: 'Moyo' }], gender: 'female' },
    {
      resourceType: 'RelatedPerson',
      id: 'relation',
      patient: { reference: 'Patient/child' },
      relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'MTH' }, { code: 'INF' }] }],
      name: [{ given: ['Sara'], family: 'Moyo' }]
    },
    { resourceType: 'Encounter', id: 'encounter', status: 'finished', class: { code: 'IMP' }, subject: { reference: 'Patient/child' }, location: [{ location: { reference: `Location/${places.facility}` } }] },
    {
      resourceType: 'Observation',
      id: 'weight',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8339-4' }] },
      subject: { reference: 'Patient/child' },
      valueQuantity: { value: 3150, unit: 'g', system: 'http://unitsofmeasure.org', code: 'g' }
    }
  ]
}

function fhirDocument (name) {
  const composition = {
    resourceType: 'Composition',
    status: 'final',
    type: { coding: [{ system: 'http://loinc.org', code: '68998-4' }] },
    subject: { reference: 'Patient/child' },
    date: '2026-02-03T08:00:00Z',
    title: 'Birth report',
    author: [{ display: 'District hospital' }]
  }
  return {
    resourceType: 'Bundle',
    type: 'document',
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${crypto.randomUUID()}` },
    timestamp: '2026-02-03T08:00:00Z',
    entry: [composition, ...resources(name)].map(resource => ({ fullUrl: `http://ehr.example.org/fhir/${resource.resourceType}/${resource.id ?? 'composition'}`, resource }))
  }
}

const tracker = name => ({
  trackedEntities: [{
    trackedEntity: 'kq3R0mVbN1x',
    trackedEntityType: 'MCPQUTHX1Ze',
    orgUnit: 'DiszpKrYNg8',
    updatedAt: '2026-02-03T08:40:05.902',
    attributes: [
      { attribute: 'ArHk8hosBBh', value: '1' }, { attribute: 'sB1IHYu2xQT', value: name }, { attribute: 'ENRjVGxVL6l', value: 'Moyo' },
      { attribute: 'oindugucx72', value: 'FEMALE' }, { attribute: 'NI0QRzJvQ0k', value: '2026-02-02' }, { attribute: 'ftFBu8mHZ4H', value: 'Sara' },
      { attribute: 'EpbquVl5OD6', value: 'Moyo' }, { attribute: 'Nv4K5ob82z3', value: 'MOTHER' }
    ],
    enrollments: [{
      enrollment: 'pX7a1cQd9Ze',
      program: 'FTBBLOT3sO7',
      orgUnit: 'DiszpKrYNg8',
      events: [{
        event: 'Hs82kLmQ0aB',
        program: 'FTBBLOT3sO7',
        programStage: 'OwdV5tSOMSv',
        orgUnit: 'DiszpKrYNg8',
        status: 'COMPLETED',
        occurredAt: '2026-02-02T00:00:00.000',
        dataValues: [
          { dataElement: 'ABhkInP0wGY', value: 'HOSPITAL' }, { dataElement: 'RTA1VXtS6r1', value: 'DiszpKrYNg8' },
          { dataElement: 'WUquHs0Al7h', value: '3150' }, { dataElement: 'noSCyx2btEF', value: 'true' }
        ]
      }]
    }]
  }]
})

test('plain JSON', async () => {
  const name = given()
  const answer = await post('/vital-events', vital(name))
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.json().state, 'delivered')
  same(await recorded(name), name)
  const again = await post('/vital-events', vital(name))
  assert.equal(again.json().trackingId, answer.json().trackingId)
  await recorded(name)
})

test('a FHIR R4 document', async () => {
  const name = given()
  const answer = await post('/fhir', fhirDocument(name), { 'content-type': 'application/fhir+json' })
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.json().resourceType, 'OperationOutcome')
  same(await recorded(name), name)
})

test('a FHIR R4 batch of two', async () => {
  const names = [given(), given()]
  const entry = names.map(name => ({ resource: fhirDocument(name), request: { method: 'POST', url: 'Bundle' } }))
  const answer = await post('/fhir', { resourceType: 'Bundle', type: 'batch', entry }, { 'content-type': 'application/fhir+json' })
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(answer.json().entry.map(each => each.response.status.slice(0, 3)), ['201', '201'])
  for (const name of names) same(await recorded(name), name)
  const transaction = await world.core.transaction(answer.headers['x-openhim-transactionid'])
  assert.equal(transaction.status, 'Successful')
  assert.equal(transaction.orchestrations.filter(step => step.name === 'Notify event').length, 2)
})

test('a DHIS2 tracked entity, whose facility is learned afterwards', async () => {
  const name = given()
  const answer = await post('/dhis2/tracker', tracker(name))
  assert.equal(answer.status, 202, answer.text)
  assert.equal((await world.sandbox.eventsOf(name)).length, 0)
  await world.mediator.cli('crosswalk', 'set', 'facility', 'DiszpKrYNg8', places.facility, '--system', 'dhis2')
  await until('it to be delivered', async () => (await world.sandbox.eventsOf(name)).length === 1)
  same(await recorded(name), name)
})

test('no worker of core died', () => { assert.equal(world.core.workerDeaths(), 0) })
