// SPDX-License-Identifier: MPL-2.0
// Everything one end-to-end test file (or the demo) needs, started in its own folder on its own ports, and ended again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Core } from './core.mjs'
import { hearing } from './hearing.mjs'
import { Mediator, merge, urn } from './mediator.mjs'
import { freePorts, portNear } from './ports.mjs'
import { until } from './process.mjs'
import { Sandbox } from './sandbox.mjs'

/** Where core takes notifications. */
export const notificationPath = '/crvs/notification'
/** Where core takes subscriptions of the 1.x contract. */
export const webhooksPath = '/crvs/webhooks'

function binary (variable) {
  const file = process.env[variable]
  if (!file) throw new Error(`${variable} is not set: run these tests with ctest, or name the binary`)
  return file
}

export class World {
  /** `folder` is kept afterwards where one is given; `preferred` ports are taken where they are free. */
  /** `hears`: the mediator hears of what is registered in the sandbox, and subscribers are let in. */
  static async start ({ settings, folder, preferred = {}, version, hears = false } = {}) {
    const world = new World()
    world.temporary = !folder
    world.folder = folder ?? mkdtempSync(join(tmpdir(), 'ocm-e2e-'))
    try {
      const sandboxPort = preferred.sandbox ? await portNear(preferred.sandbox) : 0
      const free = await freePorts(2)
      const port = preferred.mediator ? await portNear(preferred.mediator) : free[0]
      const adminPort = preferred.admin ? await portNear(preferred.admin) : free[1]
      const ends = hears ? hearing({ folder: world.folder, port, version }) : undefined
      ;[world.core, world.sandbox] = await Promise.all([
        Core.start(world.folder, { preferred: preferred.core }),
        Sandbox.start(binary('OCM_SANDBOX'), world.folder, { port: sandboxPort, version, ...ends?.sandbox })
      ])
      const wanted = ends ? merge(ends.settings(world.sandbox.url), settings) : settings
      world.mediator = new Mediator(binary('OCM_MEDIATOR'), world.folder, { ...world, port, adminPort, settings: wanted })
      await world.mediator.start()
    } catch (error) {
      await world.stop()
      throw error
    }
    return world
  }

  async stop () {
    await this.mediator?.stop()
    await Promise.all([this.sandbox?.stop(), this.core?.down()])
    if (this.temporary && !process.env.OCM_KEEP) rmSync(this.folder, { recursive: true, force: true })
  }

  /** The channel as core has it, once the mediator has installed it. */
  channel (path = notificationPath) {
    return until(`the channel of ${path} in core`, async () =>
      (await this.core.get('/channels')).find(channel => new RegExp(channel.urlPattern).test(path)))
  }

  registered () {
    return until('the mediator in core', async () => {
      const answer = await this.core.api('GET', `/mediators/${urn}`)
      return answer.status === 200 && answer.json()
    })
  }

  /** A hospital: a client of core with the channel's role, known to the mediator under the same name. With `hears` it
   * has the role of the webhook channel, too. */
  async addHospital (name, { hears = false, ...options } = {}) {
    const channel = await this.channel()
    const roles = hears ? [...channel.allow, ...(await this.channel(webhooksPath)).allow] : channel.allow
    const hospital = await this.core.addClient(name, roles)
    hospital.own = await this.mediator.addClient(name, name, options)
    // Core reads its clients and channels once a second; until then it refuses this one.
    await until('core to know the client', async () => (await this.notify(hospital, {})).status !== 401)
    return hospital
  }

  /** A subscriber's system: a client of core with the webhook channel's role, and of the mediator, of that kind. */
  async addSubscriber (name, kind, fields) {
    const channel = await this.channel(webhooksPath)
    const client = await this.core.addClient(name, channel.allow)
    client.own = await this.mediator.cli('clients', 'add', '--name', name, '--kind', kind, '--openhim-client', name,
      ...(fields ? ['--fields', fields] : []))
    await until('core to know the client', async () => (await this.core.route(client, 'GET', webhooksPath)).status === 200)
    return client
  }

  notify (hospital, document, headers = {}) {
    return this.core.route(hospital, 'POST', notificationPath, document, { headers })
  }

  writeSample (document) {
    const file = join(this.folder, 'birth.json')
    writeFileSync(file, JSON.stringify(document, null, 2))
    return file
  }
}
