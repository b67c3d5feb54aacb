// SPDX-License-Identifier: MPL-2.0
// Invented births and deaths, as OpenCRVS 1.x notification documents (opencrvs.md 2.6 and 2.7), and what to read from
// the answers. Every call makes another person; nobody here exists.
import { randomInt, randomUUID } from 'node:crypto'

/** Locations the sandbox OpenCRVS knows from its start. */
export const places = {
  office: 'aaaaaaaa-0000-4000-8000-000000000001',
  state: 'bbbbbbbb-0000-4000-8000-000000000001',
  area: 'bbbbbbbb-0000-4000-8000-000000000002',
  facility: 'cccccccc-0000-4000-8000-000000000001'
}

const given = ['Amara', 'Bupe', 'Chileya', 'Dalitso', 'Esnart', 'Kondwani', 'Lubinda', 'Mapalo', 'Natasha', 'Thabo', 'Wezi', 'Zione']
const families = ['Chanda', 'Kabwe', 'Lungu', 'Mulenga', 'Nyambe', 'Phiri', 'Sakala', 'Tembo', 'Zimba']
const pick = list => list[randomInt(list.length)]

/** A given name nobody else in this run has, so that a test can look for it in logs and records. */
const unique = name => name + Array.from({ length: 6 }, () => String.fromCharCode(97 + randomInt(26))).join('')

const daysAgo = days => new Date(Date.now() - days * 86400000).toISOString().slice(0, 10)
const coding = (system, code) => ({ coding: [{ system: `http://opencrvs.org/${system}`, code }] })
const extension = (name, value) => ({ url: `http://opencrvs.org/specs/extension/${name}`, ...value })
const urn = () => `urn:uuid:${randomUUID()}`
const human = (first, family) => [{ use: 'en', given: [first], family }]

function document (kind, subject, sections, resources, contact) {
  const composition = urn()
  const now = new Date().toISOString()
  const title = kind === 'birth' ? 'Birth Notification' : 'Death Notification'
  return {
    resourceType: 'Bundle',
    type: 'document',
    meta: { lastUpdated: now },
    entry: [
      {
        fullUrl: composition,
        resource: {
          resourceType: 'Composition',
          status: 'final',
          identifier: { system: 'urn:ietf:rfc:3986', value: randomUUID() },
          type: { ...coding('doc-types', `${kind}-notification`), text: title },
          class: { ...coding('specs/classes', 'crvs-document'), text: 'CRVS Document' },
          subject: { reference: subject },
          date: now,
          title,
          section: Object.entries(sections).map(([code, reference]) => ({
            title: code, code: { ...coding('specs/sections', code), text: code }, entry: [{ reference }]
          }))
        }
      },
      {
        fullUrl: urn(),
        resource: {
          resourceType: 'Task',
          status: 'draft',
          intent: 'unknown',
          identifier: [],
          code: coding('specs/types', kind.toUpperCase()),
          focus: { reference: composition },
          extension: [
            extension('contact-person', { valueString: contact }),
            extension('contact-person-phone-number', { valueString: '+260970000001' }),
            extension('timeLoggedMS', { valueInteger: 0 }),
            extension('in-complete-fields', { valueString: 'N/A' }),
            extension('regLastOffice', { valueReference: { reference: `Location/${places.office}` } })
          ]
        }
      },
      ...Object.entries(resources).map(([fullUrl, resource]) => ({ fullUrl, resource }))
    ]
  }
}

const encounter = () => ({
  resourceType: 'Encounter', status: 'finished', location: [{ location: { reference: `Location/${places.facility}` } }]
})

const related = (relation, patient) => ({
  resourceType: 'RelatedPerson',
  relationship: { coding: [{ system: 'http://hl7.org/fhir/ValueSet/relatedperson-relationshiptype', code: relation }] },
  patient: { reference: patient }
})

/** A birth: `{ document, child, mother }`, the names being those in the document. */
export function birth () {
  const [child, mother, informant, visit] = [urn(), urn(), urn(), urn()]
  const family = pick(families)
  const names = { child: { given: unique(pick(given)), family }, mother: { given: unique(pick(given)), family } }
  const sections = { 'child-details': child, 'birth-encounter': visit, 'mother-details': mother, 'informant-details': informant }
  const resources = {
    [child]: {
      resourceType: 'Patient',
      active: true,
      name: human(names.child.given, family),
      gender: pick(['female', 'male']),
      birthDate: daysAgo(randomInt(1, 20)),
      deceasedBoolean: false,
      multipleBirthBoolean: false
    },
    [mother]: {
      resourceType: 'Patient',
      active: true,
      name: human(names.mother.given, family),
      gender: 'female',
      birthDate: `${randomInt(1985, 2005)}-05-0${randomInt(1, 9)}`,
      deceasedBoolean: false,
      address: [{
        type: 'PRIMARY_ADDRESS',
        line: ['12', 'Market Road', 'North', '', '', 'URBAN'],
        city: 'Ibombo',
        district: places.area,
        state: places.state,
        postalCode: '10101',
        country: 'FAR'
      }]
    },
    [informant]: related('MOTHER', mother),
    [visit]: encounter()
  }
  return { kind: 'birth', document: document('birth', child, sections, resources, 'MOTHER'), ...names }
}

/** A death: `{ document, deceased, spouse }`. */
export function death () {
  const [deceased, spouse, informant, visit, cause] = [urn(), urn(), urn(), urn(), urn()]
  const family = pick(families)
  const names = { deceased: { given: unique(pick(given)), family }, spouse: { given: unique(pick(given)), family } }
  const sections = { 'deceased-details': deceased, 'informant-details': informant, 'death-encounter': visit }
  const resources = {
    [deceased]: {
      resourceType: 'Patient',
      active: true,
      name: human(names.deceased.given, family),
      gender: 'male',
      birthDate: `19${randomInt(40, 70)}-03-0${randomInt(1, 9)}`,
      deceasedBoolean: true,
      deceasedDateTime: daysAgo(randomInt(1, 10))
    },
    [spouse]: {
      resourceType: 'Patient',
      active: true,
      name: human(names.spouse.given, family),
      birthDate: `19${randomInt(40, 70)}-11-1${randomInt(0, 9)}`,
      deceasedBoolean: false
    },
    [informant]: related('SPOUSE', spouse),
    [visit]: encounter(),
    [cause]: {
      resourceType: 'Observation',
      status: 'final',
      context: { reference: visit },
      code: { coding: [{ system: 'http://loinc.org', code: 'cause-of-death-established' }] },
      valueCodeableConcept: coding('specs/cause-of-death-established', 'false')
    }
  }
  return { kind: 'death', document: document('death', deceased, sections, resources, 'SPOUSE'), ...names }
}

/** The tracking id in an answer of OpenCRVS 1.8's form: in the saved record's Task, or beside it. */
export function trackingId (answer) {
  if (typeof answer?.trackingId === 'string') return answer.trackingId
  const task = answer?.entry?.map(entry => entry.resource).find(resource => resource?.resourceType === 'Task')
  return task?.identifier?.find(identifier => /\/(birth|death)-tracking-id$/.test(identifier.system))?.value
}
