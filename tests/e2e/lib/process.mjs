// SPDX-License-Identifier: MPL-2.0
// Child processes of a test or of the demo: started in their own process group, their output kept, all of them ended
// when this process ends, however it ends.
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const running = new Set()

function killGroup (pid, signal) {
  try { process.kill(-pid, signal) } catch (error) { if (error.code !== 'ESRCH') throw error }
}

process.on('exit', () => { for (const child of running) killGroup(child.pid, 'SIGKILL') })
// A program with its own way to stop on a signal (the demo on Ctrl-C) keeps it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => { if (process.listenerCount(signal) === 1) process.exit(1) })
}

export class Child {
  /** Starts `command`; every line it prints is kept in `lines`, and in `logFile` where one is given. */
  constructor (name, command, args, { env = {}, cwd, logFile } = {}) {
    this.name = name
    this.lines = []
    this.waiters = new Set()
    this.log = logFile ? createWriteStream(logFile, { flags: 'a' }) : null
    this.process = spawn(command, args, { cwd, env: { ...process.env, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    this.pid = this.process.pid
    if (this.pid) running.add(this)
    this.ended = new Promise(resolve => {
      const end = result => { running.delete(this); this.exit = result; this.#wake(); this.log?.end(); resolve(result) }
      this.process.once('error', error => end({ error }))
      this.process.once('close', (code, signal) => end({ code, signal }))
    })
    for (const stream of [this.process.stdout, this.process.stderr]) this.#collect(stream)
  }

  #collect (stream) {
    let rest = ''
    stream.setEncoding('utf8')
    stream.on('data', text => {
      this.log?.write(text)
      const parts = (rest + text).split('\n')
      rest = parts.pop()
      this.lines.push(...parts)
      this.#wake()
    })
  }

  #wake () { for (const waiter of [...this.waiters]) waiter() }

  /** The last lines it printed, for the message of a failure. */
  tail (count = 25) { return this.lines.slice(-count).map(line => `  ${this.name}: ${line}`).join('\n') }

  /** Resolves with the match of the first line (from line `from` on) that matches; rejects when it ends or time is up. */
  waitForLine (pattern, timeoutMs = 30000, from = 0) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => { clearTimeout(timer); this.waiters.delete(look); settle(value) }
      const look = () => {
        for (; from < this.lines.length; from++) {
          const match = pattern.exec(this.lines[from])
          if (match) return finish(resolve, match)
        }
        if (this.exit) {
          finish(reject, new Error(`${this.name} ended (${JSON.stringify(this.exit)}) before it printed ${pattern}\n${this.tail()}`))
        }
      }
      const timer = setTimeout(() => finish(reject, new Error(`${this.name} did not print ${pattern} in ${timeoutMs} ms\n${this.tail()}`)), timeoutMs)
      this.waiters.add(look)
      look()
    })
  }

  /** SIGTERM, then SIGKILL after the grace time. Resolves with how it ended. */
  async stop (graceMs = 10000) {
    if (!this.exit && this.pid) {
      killGroup(this.pid, 'SIGTERM')
      const timer = setTimeout(() => killGroup(this.pid, 'SIGKILL'), graceMs)
      await this.ended
      clearTimeout(timer)
      killGroup(this.pid, 'SIGKILL') // whoever of the group outlived its leader
    }
    return this.exit
  }

  /** kill -9, as a power cut or the kernel's memory killer would. */
  async kill () {
    if (!this.exit && this.pid) { killGroup(this.pid, 'SIGKILL'); await this.ended }
  }
}

/** Runs a command to its end. Rejects on a non-zero exit unless `allowFailure`. */
export async function run (command, args, { timeoutMs = 60000, allowFailure = false, ...options } = {}) {
  const child = spawn(command, args, { ...options, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', text => { stderr += text })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const code = await new Promise((resolve, reject) => { child.once('error', reject); child.once('close', resolve) })
  clearTimeout(timer)
  if (code !== 0 && !allowFailure) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`)
  return { code, stdout, stderr }
}

/** Asks `probe` until it gives something truthy; rejects with what was awaited, and the last failure, when time is up. */
export async function until (what, probe, { timeoutMs = 30000, everyMs = 100 } = {}) {
  const end = performance.now() + timeoutMs
  let last
  for (;;) {
    try {
      const value = await probe()
      if (value) return value
      last = undefined
    } catch (error) { last = error }
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: last })
    await sleep(everyMs)
  }
}
