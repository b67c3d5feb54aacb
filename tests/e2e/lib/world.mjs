// SPDX-License-Identifier: MPL-2.0
// Everything one end-to-end test file (or the demo) needs, started in its own folder on its own ports, and ended again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Core } from './core.mjs'
import { Mediator, urn } from './mediator.mjs'
import { freePorts, portNear } from './ports.mjs'
import { until } from './process.mjs'
import { Sandbox } from './sandbox.mjs'

/** Where core takes notifications. */
export const notificationPath = '/crvs/notification'

function binary (variable) {
  const file = process.env[variable]
  if (!file) throw new Error(`${variable} is not set: run these tests with ctest, or name the binary`)
  return file
}

export class World {
  /** `folder` is kept afterwards where one is given; `preferred` ports are taken where they are free. */
  static async start ({ settings, folder, preferred = {}, version } = {}) {
    const world = new World()
    world.temporary = !folder
    world.folder = folder ?? mkdtempSync(join(tmpdir(), 'ocm-e2e-'))
    try {
      const sandboxPort = preferred.sandbox ? await portNear(preferred.sandbox) : 0
      ;[world.core, world.sandbox] = await Promise.all([
        Core.start(world.folder, { preferred: preferred.core }),
        Sandbox.start(binary('OCM_SANDBOX'), world.folder, { port: sandboxPort, version })
      ])
      const free = await freePorts(2)
      const port = preferred.mediator ? await portNear(preferred.mediator) : free[0]
      const adminPort = preferred.admin ? await portNear(preferred.admin) : free[1]
      world.mediator = new Mediator(binary('OCM_MEDIATOR'), world.folder, { ...world, port, adminPort, settings })
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
  channel () {
    return until('the notification channel in core', async () =>
      (await this.core.get('/channels')).find(channel => new RegExp(channel.urlPattern).test(notificationPath)))
  }

  registered () {
    return until('the mediator in core', async () => {
      const answer = await this.core.api('GET', `/mediators/${urn}`)
      return answer.status === 200 && answer.json()
    })
  }

  /** A hospital: a client of core with the channel's role, known to the mediator under the same name. */
  async addHospital (name, options) {
    const channel = await this.channel()
    const hospital = await this.core.addClient(name, channel.allow)
    hospital.own = await this.mediator.addClient(name, name, options)
    // Core reads its clients and channels once a second; until then it refuses this one.
    await until('core to know the client', async () => (await this.notify(hospital, {})).status !== 401)
    return hospital
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
