// SPDX-License-Identifier: MPL-2.0
// Both ends of hearing from OpenCRVS: what the sandbox and the mediator are told of each other, and subscribers.
import { createHmac, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

/** Everything a webhook client of OpenCRVS 1.x can be permitted. */
const sections = ['child-details', 'mother-details', 'father-details', 'informant-details', 'supporting-documents',
  'birth-encounter', 'deceased-details', 'death-encounter']

/** Where subscribers know the mediator's FHIR interface. */
export const fhirUrl = 'https://openhim.example.org/crvs/fhir'

/** Options of the sandbox and settings of the mediator (on `port`) by which the mediator hears of registrations. */
export function hearing ({ folder, port, version = '2.0' }) {
  const webhook = { id: randomUUID(), secret: randomUUID(), sha: randomUUID(), sections }
  const searcher = { id: randomUUID(), secret: randomUUID() }
  const path = randomUUID()
  const secret = (name, text) => {
    const file = join(folder, name)
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
  const client = { client_id: webhook.id, client_secret_file: secret('webhook-secret', webhook.secret) }
  return {
    sandbox: { webhook, searcher, forwardTo: `http://127.0.0.1:${port}/public/forwarded-actions/${path}` },
    settings: sandboxUrl => ({
      targets: {
        sandbox: {
          ...(version < '2.0' ? { webhooks_url: sandboxUrl } : {}),
          clients: {
            webhook: version < '2.0' ? { ...client, sha_secret_file: secret('webhook-sha', webhook.sha) } : client,
            ...(version < '1.9' ? { search: { client_id: searcher.id, client_secret_file: secret('search-secret', searcher.secret) } } : {})
          }
        }
      },
      channels: {
        webhook: {
          enabled: true,
          fhir_url: fhirUrl,
          callbacks: { allowed_hosts: ['127.0.0.1'], allow_private: true, allow_plaintext: true },
          queue: { first_wait: '100ms' },
          forwarded_secret_file: secret('forwarded-secret', path),
          forwarded_peers: ['127.0.0.1']
        },
        'webhook-inbound': { enabled: true }
      }
    })
  }
}

/** As OpenCRVS 1.x signs (opencrvs.md 4.6). */
export const hubSignature = (secret, raw) =>
  'sha256=' + createHmac('sha256', secret).update('sha256:' + encodeURIComponent(raw)).digest('hex')

const isHandshake = raw => raw.includes('"valueCode":"handshake"')

/** A subscriber's web server: proves the callback in each contract, keeps what it is sent and answers `status`. */
export class Subscriber {
  static async start ({ port = 0, heard } = {}) {
    const one = new Subscriber()
    one.seen = []
    one.status = 200
    one.server = createServer((req, res) => {
      const chunks = []
      req.on('data', chunk => chunks.push(chunk))
      req.on('end', () => {
        const url = new URL(req.url, 'http://subscriber')
        if (req.method === 'GET') return res.end(JSON.stringify({ challenge: url.searchParams.get('challenge') }))
        if (req.method === 'OPTIONS') {
          return res.setHeader('WebHook-Allowed-Origin', req.headers['webhook-request-origin']).end()
        }
        const message = { headers: req.headers, raw: Buffer.concat(chunks).toString() }
        if (isHandshake(message.raw)) return res.end()
        one.seen.push(message)
        heard?.(message)
        res.writeHead(one.status).end()
      })
    })
    await new Promise(resolve => one.server.listen(port, '127.0.0.1', resolve))
    one.url = `http://127.0.0.1:${one.server.address().port}/heard`
    return one
  }

  stop () { this.server.closeAllConnections(); this.server.close() }
}
