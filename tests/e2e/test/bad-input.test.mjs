// SPDX-License-Identifier: MPL-2.0
// What must not get through: each gets a clear 4xx, is recorded, and the process stays up.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { birth } from '../lib/fixtures.mjs'
import { request } from '../lib/http.mjs'
import { Mediator } from '../lib/mediator.mjs'
import { freePorts } from '../lib/ports.mjs'
import { Sandbox } from '../lib/sandbox.mjs'

let folder, sandbox, mediator, key, port

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ocm-e2e-bad-'))
  sandbox = await Sandbox.start(process.env.OCM_SANDBOX, folder, { port: 0 })
  const [first, adminPort] = await freePorts(2)
  port = first
  mediator = new Mediator(process.env.OCM_MEDIATOR, folder, {
    sandbox, port, adminPort, settings: { channels: { notification: { unknown_facility: 'refuse' } } }
  })
  await mediator.start()
  key = (await mediator.addClient('hospital')).key
}, { timeout: 60000 })

after(async () => {
  await mediator?.stop()
  await sandbox?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const send = (body, headers = {}) => request(`${mediator.url}/notification`, {
  method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'x-api-key': key, ...headers }
})

const resource = (document, type) => document.entry.find(entry => entry.resource.resourceType === type).resource

function changed (change) {
  const { document, child } = birth()
  change(document, child)
  return document
}

const childOf = (document, child) => document.entry.find(entry => entry.resource.name?.[0].given[0] === child.given).resource

// What is sent, the status, and what the answer says of the place.
const rows = [
  ['empty body', '', 400, /JSON/],
  ['malformed JSON', '{"resourceType":', 400, /byte/],
  ['an array', '[]', 400, /./],
  ['depth 10,000', '['.repeat(10000), 400, /nested/],
  ['depth 10,000 in an object', '{"entry":'.repeat(10000), 400, /nested/],
  ['a key twice', '{"resourceType":"Bundle","resourceType":"Bundle"}', 400, /twice/],
  ['a number that does not fit', '{"resourceType":12345678901234567890123}', 400, /number/],
  ['an unknown top-level key', changed(document => { document.identifier = { value: 'x' } }), 400, /identifier/],
  ['another type of bundle', changed(document => { document.type = 'transaction' }), 400, /type/],
  ['no child', changed((document, child) => {
    document.entry = document.entry.filter(entry => entry.resource.name?.[0].given[0] !== child.given)
  }), 400, /./],
  ['an impossible date', changed((document, child) => { childOf(document, child).birthDate = '2026-02-31' }), 400, /birthDate/],
  ['an unknown facility', changed(document => {
    resource(document, 'Encounter').location[0].location.reference = 'Location/99999999-0000-4000-8000-000000000009'
  }), 400, /location/],
  ['an unknown office', changed(document => {
    const extension = resource(document, 'Task').extension.find(e => e.url.endsWith('regLastOffice'))
    extension.valueReference.reference = 'Location/99999999-0000-4000-8000-000000000009'
  }), 400, /./],
  ['a Task that is no draft', changed(document => { resource(document, 'Task').status = 'requested' }), 400, /draft/],
  ['a Task about something else', changed(document => { resource(document, 'Task').focus.reference = 'urn:uuid:x' }), 400, /Composition|composition/]
]

for (const [name, body, status, says] of rows) {
  test(`${name}: ${status}`, async () => {
    const answer = await send(body)
    assert.equal(answer.status, status, answer.text)
    assert.match(answer.text, says)
    assert.equal(answer.json().statusCode, status, "in 1.8's own shape")
    assert.ok(answer.headers['x-transaction-id'])
    const kept = await mediator.cli('transactions', 'show', answer.headers['x-transaction-id'])
    assert.equal(kept.http_status, status)
  })
}

test('invalid UTF-8: 400', async () => {
  const bytes = Buffer.concat([Buffer.from('{"resourceType":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
  const answer = await raw(Buffer.concat([Buffer.from(head(`Content-Length: ${bytes.length}\r\n`)), bytes]))
  assert.match(answer, /^HTTP\/1.1 400/)
})

test('another content type: 415', async () => {
  for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
    assert.equal((await send(birth().document, { 'content-type': type })).status, 415, type)
  }
})

test('a body over 10 MiB: 413 before it is read', async () => {
  assert.match(await raw(head(`Content-Length: ${11 << 20}\r\n`)), /^HTTP\/1.1 413/)
})

test('headers over the limit: 431', async () => {
  assert.match(await raw(head(`X-Long: ${'x'.repeat(20000)}\r\nContent-Length: 0\r\n`)), /^HTTP\/1.1 431/)
})

for (const [name, headers, body] of [
  ['length and chunks together', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n', '{}'],
  ['a folded header', 'X-A: 1\r\n  2\r\nContent-Length: 2\r\n', '{}'],
  ['a bare line feed', 'X-A: 1\nContent-Length: 2\r\n', '{}'],
  ['a chunk extension', 'Transfer-Encoding: chunked\r\n', '2;x=1\r\n{}\r\n0\r\n\r\n']
]) {
  test(`${name}: 400 and close`, async () => {
    const answer = await raw(head(headers) + body)
    assert.match(answer, /^HTTP\/1.1 400/)
    assert.match(answer, /connection: close/i)
  })
}

test('all of it is recorded, nothing arrived, and the mediator still works', async () => {
  const { transactions } = await mediator.cli('transactions', 'list', '--limit', '1000')
  assert.ok(transactions.length >= rows.length + 11, `${transactions.length} transactions`)
  assert.equal((await sandbox.events()).length, 0)
  assert.equal((await send(birth().document)).status, 200)
  const check = await mediator.cli('store', 'check')
  assert.equal(check.ok, true, JSON.stringify(check.problems))
})

function head (headers) {
  return `POST /notification HTTP/1.1\r\nHost: mediator\r\nX-Api-Key: ${key}\r\nContent-Type: application/json\r\n${headers}\r\n`
}

/** Sends bytes as they are and resolves with all that comes back until the other side closes, or 5 s. */
function raw (bytes) {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setTimeout(5000, () => socket.destroy())
    socket.on('data', data => { text += data; if (/^HTTP\/1.1 \d+/.test(text) && text.includes('\r\n\r\n')) socket.end() })
    socket.on('error', error => { if (!text) reject(error) })
    socket.on('close', () => resolve(text))
  })
}
