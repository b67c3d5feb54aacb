// SPDX-License-Identifier: MPL-2.0
// A client written for OpenCRVS 1.x, as its Postman collections have it, against a 2.0: a token, the locations, a
// notification. Nothing of it knows of the mediator but the addresses and the credentials it was given.
import assert from 'node:assert/strict'
import { createPublicKey, createVerify, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { birth, death, places, trackingId } from '../lib/fixtures.mjs'
import { basic, request } from '../lib/http.mjs'
import { World } from '../lib/world.mjs'

let world, hospital, older

before(async () => {
  world = await World.start()
  hospital = await world.addHospital('hospital')
  older = await world.mediator.addClient('older-hospital', '', { contract: '1.3' })
}, { timeout: 180000 })
after(async () => { await world?.stop() })

/** The client: where its auth and its gateway are, and what it always sends besides. */
class Client1x {
  constructor ({ auth, gateway, clientId, clientSecret, headers = {} }) { Object.assign(this, { auth, gateway, clientId, clientSecret, headers }) }

  async token (path = '/token') {
    const query = new URLSearchParams({ client_id: this.clientId, client_secret: this.clientSecret, grant_type: 'client_credentials' })
    const answer = await request(`${this.auth}${path}?${query}`, { method: 'POST', headers: this.headers })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.deepEqual(Object.keys(answer.json()).sort(), ['access_token', 'token_type'])
    return answer.json().access_token
  }

  async locations (query) {
    const answer = await request(`${this.gateway}/location?${query}`, { headers: this.headers })
    assert.equal(answer.status, 200, answer.text)
    return answer.json()
  }

  notify (document, token) {
    return request(`${this.gateway}/notification`, { method: 'POST', body: document, headers: { authorization: `Bearer ${token}`, ...this.headers } })
  }
}

const direct = own => new Client1x({ auth: world.mediator.url, gateway: world.mediator.url, clientId: own.id, clientSecret: own.key })

/** Through core it authenticates to core, whatever it asks for. */
function throughCore () {
  const base = `${world.core.routerUrl}/crvs`
  return new Client1x({
    auth: base, gateway: base, clientId: hospital.own.id, clientSecret: hospital.own.key, headers: { authorization: basic(hospital.clientID, hospital.password) }
  })
}

async function worksFromEndToEnd (client) {
  const token = await client.token()
  const offices = await client.locations('type=CRVS_OFFICE&_count=0')
  const office = offices.entry.map(entry => entry.resource).find(resource => resource.id === places.office)
  assert.equal(office.physicalType.coding[0].code, 'bu')
  assert.match(office.identifier[0].value, /^CRVS_OFFICE_\w/)
  assert.match(office.partOf.reference, /^Location\/[0-9a-f-]+$/)
  const [facility] = (await client.locations('type=HEALTH_FACILITY&_count=0')).entry
    .map(entry => entry.resource).filter(resource => resource.id === places.facility)
  const district = (await request(`${client.gateway}/location/${facility.partOf.reference.split('/')[1]}`, { headers: client.headers })).json()
  assert.equal(district.type.coding[0].code, 'ADMIN_STRUCTURE')
  for (const make of [birth, death]) {
    const notice = make()
    const answer = await client.notify(notice.document, token)
    assert.equal(answer.status, 200, answer.text)
    const tracking = trackingId(answer.json())
    const [record] = await world.sandbox.eventsOf((notice.child ?? notice.deceased).given)
    assert.equal(record.trackingId, tracking)
  }
}

test('token, locations and notifications, directly', () => worksFromEndToEnd(direct(hospital.own)))
test('token, locations and notifications, through OpenHIM', () => worksFromEndToEnd(throughCore()))

test('a token can be checked with the key at /.well-known by whoever wants to', async () => {
  const client = direct(hospital.own)
  for (const path of ['/token', '/auth/token', '/oauth2/client/token', '/v1/token']) {
    const token = await client.token(path)
    const pem = (await request(`${world.mediator.url}/.well-known`)).text
    const [header, claims, signature] = token.split('.')
    const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)
    assert.ok(verify.verify(createPublicKey(pem), signature, 'base64url'))
    const { iss, aud, sub, scope, iat, exp } = JSON.parse(Buffer.from(claims, 'base64url'))
    assert.equal(iss, 'opencrvs:auth-service')
    assert.equal(sub, hospital.own.id)
    assert.deepEqual(scope, ['notification-api'])
    assert.ok(aud.includes('opencrvs:gateway-user') && aud.includes('opencrvs:notification-api-user'))
    assert.equal(exp - iat, 600)
  }
})

test('parameters of a token may come as a form or as JSON', async () => {
  const { id, key } = hospital.own
  const parameters = { client_id: id, client_secret: key, grant_type: 'client_credentials' }
  for (const [type, body] of [['application/x-www-form-urlencoded', new URLSearchParams(parameters).toString()], ['application/json', JSON.stringify(parameters)]]) {
    const answer = await request(`${world.mediator.url}/token`, { method: 'POST', body, headers: { 'content-type': type } })
    assert.equal(answer.status, 200, `${type}: ${answer.text}`)
  }
})

test('what is wrong with a request for a token is said as 1.x says it', async () => {
  const { id, key } = hospital.own
  for (const [query, status, error] of [
    [`client_id=${id}&client_secret=${key}`, 400, 'unsupported_grant_type'],
    [`client_id=${id}&client_secret=${key}&grant_type=&grant_type=client_credentials`, 400, 'unsupported_grant_type'],
    [`client_id=${id}&grant_type=client_credentials`, 400, 'invalid_request'],
    [`client_id=${id}&client_secret=guess&grant_type=client_credentials`, 401, 'invalid_client'],
    [`client_id=nobody&client_secret=${key}&grant_type=client_credentials`, 401, 'invalid_client']
  ]) {
    const answer = await request(`${world.mediator.url}/token?${query}`, { method: 'POST' })
    assert.deepEqual([answer.status, answer.json().error], [status, error])
    assert.equal(answer.headers['cache-control'], 'no-store')
  }
})

test('a client of 1.3 to 1.5 gets the answer it reads the record from', async () => {
  const client = direct(older)
  const notice = birth()
  const answer = await client.notify(notice.document, await client.token())
  assert.equal(answer.status, 200, answer.text)
  const [record] = await world.sandbox.eventsOf(notice.child.given)
  assert.equal(answer.json().entry[0].response.location.split('/')[3], record.id)
})

test('reading on comes to an end', async () => {
  const client = direct(hospital.own)
  for (const query of ['type=HEALTH_FACILITY&_count=0', 'type=HEALTH_FACILITY&_count=1', 'type=ADMIN_STRUCTURE']) {
    const ids = []
    let url = `${world.mediator.url}/location?${query}`
    for (let page = 0; url; page++) {
      assert.ok(page < 1000, 'the pages do not end')
      const bundle = (await request(url)).json()
      ids.push(...bundle.entry.map(entry => entry.resource.id))
      url = bundle.link.find(link => link.relation === 'next')?.url
      if (!url) assert.equal(ids.length, bundle.total)
    }
    assert.equal(new Set(ids).size, ids.length)
  }
  const refused = await request(`${client.gateway}/location?type=CRVS_OFFICE&_id=1`)
  assert.deepEqual([refused.status, refused.json().message], [400, '"_id" is not allowed'])
})

test('a token ends with its client', async () => {
  const own = await world.mediator.addClient('leaving-hospital', '')
  const client = direct(own)
  const token = await client.token()
  assert.equal((await client.notify(birth().document, token)).status, 200)
  await world.mediator.cli('clients', 'disable', 'leaving-hospital')
  const answer = await client.notify(birth().document, token)
  assert.deepEqual([answer.status, answer.json().statusCode, answer.json().error], [401, 401, 'Unauthorized'])
  const [header, claims] = token.split('.')
  const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${claims}.`
  for (const forged of [none, `${header}.${claims}.`, 'x']) {
    assert.equal((await direct(hospital.own).notify(birth().document, forged)).status, 401)
  }
})

test('locations keep the ids they had in 1.x', async () => {
  const client = direct(hospital.own)
  const old = { facility: randomUUID(), district: randomUUID(), office: randomUUID() }
  await world.mediator.cli('crosswalk', 'set', 'facility', old.facility, places.facility, '--system', 'opencrvs-1')
  await world.mediator.cli('crosswalk', 'set', 'facility', 'oldcode7', places.facility, '--system', 'opencrvs-1')
  await world.mediator.cli('crosswalk', 'set', 'area', old.district, places.area, '--system', 'opencrvs-1')
  await world.mediator.cli('crosswalk', 'set', 'office', old.office, places.office, '--system', 'opencrvs-1')

  const found = (await client.locations('identifier=HEALTH_FACILITY_oldcode7')).entry[0].resource
  assert.equal(found.id, old.facility)
  const facility = (await request(`${client.gateway}/location/${old.facility}`)).json()
  assert.deepEqual(facility, (await request(`${client.gateway}/location/${places.facility}`)).json())
  const district = (await request(`${client.gateway}/location/${old.district}`)).json()
  assert.equal(district.id, old.district)

  const notice = birth()
  const document = JSON.parse(JSON.stringify(notice.document)
    .replaceAll(places.facility, old.facility).replaceAll(places.area, old.district).replaceAll(places.office, old.office))
  const answer = await client.notify(document, await client.token())
  assert.equal(answer.status, 200, answer.text)
  const [record] = await world.sandbox.eventsOf(notice.child.given)
  const kept = JSON.stringify(record)
  assert.ok(kept.includes(places.facility), kept)
  for (const id of Object.values(old)) assert.ok(!kept.includes(id))
})

test('no secret and no token is in what the mediator printed, kept or told OpenHIM of its work', async () => {
  const client = throughCore()
  const token = await client.token()
  await direct(hospital.own).notify(birth().document, await direct(hospital.own).token())
  const { transactions } = await world.mediator.cli('transactions', 'list', '--limit', '500')
  const kept = []
  for (const { id } of transactions.filter(each => each.route === '/token' || each.route === '/notification').slice(0, 20)) {
    kept.push(await world.mediator.cli('transactions', 'show', id, '--reveal', '--reason', 'test'))
  }
  assert.ok(kept.length > 2)
  const all = JSON.stringify(kept) + world.mediator.printed()
  for (const secret of [hospital.own.key, older.key, token, token.split('.')[2]]) assert.ok(!all.includes(secret))
  const told = (await world.core.transactions()).filter(each => each.request.path === '/crvs/token')
  assert.ok(told.length > 0)
  for (const each of told) {
    assert.ok(!JSON.stringify([each.orchestrations?.slice(0, -1), each.properties]).includes(hospital.own.key))
  }
})

test('no worker of core died', () => { assert.equal(world.core.workerDeaths(), 0) })
