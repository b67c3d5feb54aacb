// SPDX-License-Identifier: MPL-2.0
// One HTTP exchange, with the answer's body as text. Every call is bounded in time and uses its own connection.
import http from 'node:http'
import https from 'node:https'

export const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** A refused or broken connection rejects; an HTTP status never does. */
export function request (url, { method = 'GET', headers = {}, body, ca, localAddress, timeoutMs = 30000 } = {}) {
  const target = new URL(url)
  const client = target.protocol === 'https:' ? https : http
  const bytes = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return new Promise((resolve, reject) => {
    const call = client.request(target, {
      method,
      agent: false,
      ca,
      localAddress,
      servername: target.protocol === 'https:' ? 'localhost' : undefined,
      headers: { ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }), ...headers }
    }, answer => {
      const chunks = []
      answer.on('data', chunk => chunks.push(chunk))
      answer.on('error', error => { clearTimeout(timer); reject(error) })
      answer.on('end', () => {
        clearTimeout(timer)
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: answer.statusCode, headers: answer.headers, text, json: () => JSON.parse(text) })
      })
    })
    const timer = setTimeout(() => call.destroy(new Error(`${method} ${url}: no answer in ${timeoutMs} ms`)), timeoutMs)
    call.on('error', error => { clearTimeout(timer); reject(error) })
    call.end(bytes)
  })
}
