// SPDX-License-Identifier: MPL-2.0
'use strict'
// A small in-memory MongoDB wire server for tests: enough for openhim-core 4.0.5 (driver 2.2, OP_QUERY)
// and openhim-core 8.5.0 (driver 4.17, OP_MSG). npm only: bson + mingo. Usage: node minimongo.js [port] [host]
const net = require('net')
const { serialize, deserialize, ObjectId, Long } = require('bson')
require('mingo/init/system')
const { Query, Aggregator, find } = require('mingo')

// --- values: ObjectIds are kept as tagged strings inside, so that mingo compares, sorts and groups them by value
const OID = '\u0001oid:'
const isPlain = v => v !== null && typeof v === 'object' && (Object.getPrototypeOf(v) === Object.prototype || Object.getPrototypeOf(v) === null)
function inward (v) {
  if (v instanceof ObjectId) return OID + v.toHexString()
  if (Array.isArray(v)) return v.map(inward)
  if (isPlain(v)) { const o = {}; for (const k of Object.keys(v)) o[k] = inward(v[k]); return o }
  return v
}
function outward (v) {
  if (typeof v === 'string') return v.startsWith(OID) ? new ObjectId(v.slice(OID.length)) : v
  if (Array.isArray(v)) return v.map(outward)
  if (isPlain(v)) { const o = {}; for (const k of Object.keys(v)) o[k] = outward(v[k]); return o }
  return v
}
const clone = v => Array.isArray(v) ? v.map(clone) : v instanceof Date ? new Date(v) : isPlain(v) ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, clone(x)])) : v
const keyOf = v => typeof v === 'string' ? 's' + v : v instanceof Date ? 'd' + +v : typeof v === 'object' && v !== null ? 'j' + JSON.stringify(v) : typeof v + String(v)
const same = (a, b) => keyOf(a) === keyOf(b)

class MongoErr extends Error { constructor (code, codeName, msg) { super(msg); this.code = code; this.codeName = codeName } }

// --- paths
function get (o, path) { for (const p of path.split('.')) { if (o == null) return undefined; o = o[p] } return o }
function parent (o, path, make) {
  const ps = path.split('.')
  while (ps.length > 1) {
    const p = ps.shift()
    if (o[p] == null || typeof o[p] !== 'object') { if (!make) return null; o[p] = /^\d+$/.test(ps[0]) && Array.isArray(o[p]) ? [] : {} }
    o = o[p]
  }
  return [o, ps[0]]
}
const setPath = (o, path, v) => { const [t, k] = parent(o, path, true); t[k] = v }

// --- updates
const EACH = v => isPlain(v) && '$each' in v ? v.$each : [v]
function arr (doc, path, make) {
  let a = get(doc, path)
  if (a == null) { if (!make) return null; a = []; setPath(doc, path, a) }
  if (!Array.isArray(a)) throw new MongoErr(2, 'BadValue', `The field '${path}' must be an array`)
  return a
}
const OPS = {
  $set: (d, p, v) => setPath(d, p, v),
  $unset: (d, p) => { const t = parent(d, p, false); if (t && t[0] != null) delete t[0][t[1]] },
  $inc: (d, p, v) => setPath(d, p, (get(d, p) || 0) + v),
  $mul: (d, p, v) => setPath(d, p, (get(d, p) || 0) * v),
  $min: (d, p, v) => { const c = get(d, p); if (c === undefined || v < c) setPath(d, p, v) },
  $max: (d, p, v) => { const c = get(d, p); if (c === undefined || v > c) setPath(d, p, v) },
  $rename: (d, p, v) => { const c = get(d, p); if (c !== undefined) { OPS.$unset(d, p); setPath(d, v, c) } },
  $currentDate: (d, p) => setPath(d, p, new Date()),
  $push: (d, p, v) => {
    const a = arr(d, p, true); const e = EACH(v)
    if (isPlain(v) && v.$position != null) a.splice(v.$position, 0, ...e); else a.push(...e)
    if (isPlain(v) && v.$slice != null) a.splice(0, a.length, ...(v.$slice < 0 ? a.slice(v.$slice) : a.slice(0, v.$slice)))
  },
  $pushAll: (d, p, v) => arr(d, p, true).push(...v), // gone since MongoDB 3.6, but mongoose 4 still sends it
  $addToSet: (d, p, v) => { const a = arr(d, p, true); for (const x of EACH(v)) if (!a.some(y => same(x, y))) a.push(x) },
  $pop: (d, p, v) => { const a = arr(d, p); if (a) v < 0 ? a.shift() : a.pop() },
  $pullAll: (d, p, v) => { const a = arr(d, p); if (a) a.splice(0, a.length, ...a.filter(x => !v.some(y => same(x, y)))) },
  $pull: (d, p, v) => {
    const a = arr(d, p); if (!a) return
    let hit
    if (isPlain(v)) {
      const ops = Object.keys(v).some(k => k[0] === '$')
      const q = new Query(ops ? { x: v } : v)
      hit = x => ops ? q.test({ x }) : isPlain(x) && q.test(x)
    } else hit = x => same(x, v)
    a.splice(0, a.length, ...a.filter(x => !hit(x)))
  }
}
function applyUpdate (doc, u, inserting) {
  if (Array.isArray(u)) throw new MongoErr(9, 'FailedToParse', 'pipeline-style updates are not supported here')
  const keys = Object.keys(u)
  if (!keys.length || keys[0][0] !== '$') { const n = clone(u); if (!('_id' in n) && '_id' in doc) return { _id: doc._id, ...n }; return n }
  const d = clone(doc)
  for (const op of keys) {
    if (op === '$setOnInsert') { if (inserting) for (const [p, v] of Object.entries(u[op])) setPath(d, p, clone(v)); continue }
    if (!OPS[op]) throw new MongoErr(9, 'FailedToParse', `Unknown modifier: ${op}`)
    for (const [p, v] of Object.entries(u[op])) {
      if (p.includes('$')) throw new MongoErr(2, 'BadValue', `positional path '${p}' is not supported here`)
      OPS[op](d, p, clone(v))
    }
  }
  return d
}
function seedFromQuery (q, d = {}) {
  for (const [k, v] of Object.entries(q)) {
    if (k === '$and') v.forEach(x => seedFromQuery(x, d))
    else if (k[0] === '$') continue
    else if (isPlain(v) && Object.keys(v).some(x => x[0] === '$')) { if ('$eq' in v) setPath(d, k, v.$eq) } else if (!(v instanceof RegExp)) setPath(d, k, clone(v))
  }
  return d
}

// --- collections
class Coll {
  constructor (ns) { this.ns = ns; this.docs = new Map(); this.indexes = [{ v: 2, key: { _id: 1 }, name: '_id_' }]; this.uniq = [] }

  uniqKeys (doc) {
    return this.uniq.map(ix => {
      const vals = Object.keys(ix.key).map(p => get(doc, p))
      if (ix.sparse && vals.every(v => v === undefined)) return null
      if (ix.partialFilterExpression && !new Query(ix.partialFilterExpression).test(doc)) return null
      return vals.map(v => keyOf(v === undefined ? null : v)).join('\u0000')
    })
  }

  put (doc, old) { // old: the version being replaced
    const id = keyOf(doc._id)
    if (!old && this.docs.has(id)) throw this.dup('_id_', { _id: doc._id })
    const ks = this.uniqKeys(doc)
    this.uniq.forEach((ix, i) => { const h = ks[i] != null && ix.map.get(ks[i]); if (h && h !== id) throw this.dup(ix.name, Object.fromEntries(Object.keys(ix.key).map(p => [p, get(doc, p)]))) })
    if (old) this.unindex(old)
    this.uniq.forEach((ix, i) => { if (ks[i] != null) ix.map.set(ks[i], id) })
    this.docs.set(id, doc)
  }

  unindex (doc) { const ks = this.uniqKeys(doc); this.uniq.forEach((ix, i) => { if (ks[i] != null) ix.map.delete(ks[i]) }) }
  del (doc) { this.unindex(doc); this.docs.delete(keyOf(doc._id)) }
  dup (name, kv) {
    const show = v => typeof v === 'string' ? (v.startsWith(OID) ? `ObjectId('${v.slice(OID.length)}')` : JSON.stringify(v)) : v === undefined ? 'null' : JSON.stringify(v)
    return new MongoErr(11000, 'DuplicateKey', `E11000 duplicate key error collection: ${this.ns} index: ${name} dup key: { ${Object.entries(kv).map(([k, v]) => `${k}: ${show(v)}`).join(', ')} }`)
  }

  addIndex (spec) {
    if (this.indexes.some(i => i.name === spec.name)) return
    this.indexes.push({ v: 2, ...spec })
    if (spec.unique) {
      const ix = { ...spec, map: new Map() }
      this.uniq.push(ix)
      for (const d of this.docs.values()) { const k = this.uniqKeys(d)[this.uniq.length - 1]; if (k != null) ix.map.set(k, keyOf(d._id)) }
    }
  }

  // candidates, then the filter
  * match (q) {
    const id = q._id
    if (id !== undefined && !(isPlain(id) || id instanceof RegExp)) {
      const d = this.docs.get(keyOf(id))
      if (d && (Object.keys(q).length === 1 || new Query(q).test(d))) yield d
      return
    }
    if (!Object.keys(q).length) { yield * this.docs.values(); return }
    const query = new Query(q)
    for (const d of this.docs.values()) if (query.test(d)) yield d
  }

  select (q, { sort, skip, limit, projection }) {
    let out
    if (!sort && limit === 1 && !skip) { const n = this.match(q).next(); out = n.done ? [] : [n.value] } else {
      out = [...this.match(q)]
      if (sort && Object.keys(sort).length) out = find(out, {}).sort(sort).all()
      if (skip) out = out.slice(skip)
      if (limit) out = out.slice(0, Math.abs(limit))
    }
    if (projection && Object.keys(projection).length) out = find(out, {}, projection).all()
    return out
  }
}

class Store {
  constructor () { this.dbs = new Map(); this.cursors = new Map(); this.nextCursor = 1 }
  db (n) { if (!this.dbs.has(n)) this.dbs.set(n, new Map()); return this.dbs.get(n) }
  coll (db, n) { const d = this.db(db); if (!d.has(n)) d.set(n, new Coll(`${db}.${n}`)); return d.get(n) }

  cursor (ns, docs, batch = 'firstBatch', id) {
    let size = 0; let i = 0; const out = []
    while (i < docs.length && size < 8e6) { const o = outward(docs[i]); size += JSON.stringify(o).length; out.push(o); i++ }
    let cid = Long.ZERO
    if (i < docs.length) { cid = Long.fromNumber(id || this.nextCursor++); this.cursors.set(cid.toString(), { ns, rest: docs.slice(i) }) } else if (id) this.cursors.delete(String(id))
    return { cursor: { [batch]: out, id: cid, ns }, ok: 1 }
  }

  run (db, cmd) {
    const name = Object.keys(cmd)[0]
    const h = COMMANDS[name] || COMMANDS[name.toLowerCase()]
    if (!h) throw new MongoErr(59, 'CommandNotFound', `no such command: '${name}'`)
    return h.call(this, db, cmd, cmd[name])
  }
}

const HELLO = () => ({ ismaster: true, isWritablePrimary: true, helloOk: true, maxBsonObjectSize: 16777216, maxMessageSizeBytes: 48000000, maxWriteBatchSize: 100000, localTime: new Date(), minWireVersion: 0, maxWireVersion: 8, readOnly: false, ok: 1 })
const OK = () => ({ ok: 1 })
function writes (list, fn) {
  const writeErrors = []; let n = 0; let extra = {}
  for (let i = 0; i < list.length; i++) {
    try { const r = fn(list[i], i); n += r.n; extra = merge(extra, r) } catch (e) {
      if (!(e instanceof MongoErr)) throw e
      writeErrors.push({ index: i, code: e.code, errmsg: e.message }); break
    }
  }
  const out = { n, ok: 1 }
  if (extra.nModified !== undefined) out.nModified = extra.nModified
  if (extra.upserted) out.upserted = extra.upserted
  if (writeErrors.length) out.writeErrors = writeErrors
  return out
}
const merge = (a, r) => ({ nModified: r.nModified === undefined ? a.nModified : (a.nModified || 0) + r.nModified, upserted: r.upserted ? [...(a.upserted || []), r.upserted] : a.upserted })

const COMMANDS = {
  hello: HELLO, ismaster: HELLO, isMaster: HELLO, ping: OK, endSessions: OK, killCursors: OK, logout: OK, getlasterror: OK, getLastError: OK, refreshSessions: OK,
  buildInfo: () => ({ version: '4.2.0', versionArray: [4, 2, 0, 0], gitVersion: 'none', bits: 64, maxBsonObjectSize: 16777216, ok: 1 }),
  buildinfo: () => COMMANDS.buildInfo(),
  getParameter: () => ({ ok: 1 }),
  serverStatus: () => ({ host: 'minimongo', version: '4.2.0', process: 'minimongo', uptime: process.uptime(), ok: 1 }),
  listDatabases () { return { databases: [...this.dbs.keys()].map(name => ({ name, sizeOnDisk: 0, empty: false })), ok: 1 } },
  listCollections (db, c) {
    const f = c.filter || {}
    const all = [...this.db(db).keys()].map(name => ({ name, type: 'collection', options: {}, info: { readOnly: false }, idIndex: { v: 2, key: { _id: 1 }, name: '_id_' } })).filter(x => new Query(f).test(x))
    return this.cursor(`${db}.$cmd.listCollections`, all)
  },
  create (db, c, n) { if (this.db(db).has(n)) throw new MongoErr(48, 'NamespaceExists', `Collection already exists. NS: ${db}.${n}`); this.coll(db, n); return OK() },
  drop (db, c, n) { if (!this.db(db).delete(n)) throw new MongoErr(26, 'NamespaceNotFound', 'ns not found'); return OK() },
  dropDatabase (db) { this.dbs.delete(db); return { dropped: db, ok: 1 } },
  createIndexes (db, c, n) { const co = this.coll(db, n); const before = co.indexes.length; for (const ix of c.indexes) co.addIndex(ix); return { numIndexesBefore: before, numIndexesAfter: co.indexes.length, ok: 1 } },
  listIndexes (db, c, n) { if (!this.db(db).has(n)) throw new MongoErr(26, 'NamespaceNotFound', `ns does not exist: ${db}.${n}`); return this.cursor(`${db}.${n}`, this.coll(db, n).indexes.map(({ map, ...i }) => ({ ...i, ns: `${db}.${n}` }))) },
  dropIndexes (db, c, n) { const co = this.coll(db, n); const nm = c.index; co.indexes = co.indexes.filter(i => i.name === '_id_' || (nm !== '*' && i.name !== nm)); co.uniq = co.uniq.filter(i => nm !== '*' && i.name !== nm); return OK() },
  collStats (db, c, n) { const co = this.coll(db, n); return { ns: co.ns, count: co.docs.size, size: 0, avgObjSize: 0, storageSize: 0, capped: false, nindexes: co.indexes.length, ok: 1 } },
  insert (db, c, n) {
    const co = this.coll(db, n)
    return writes(c.documents, d => { if (!('_id' in d)) d = { _id: OID + new ObjectId().toHexString(), ...d }; co.put(clone(d)); return { n: 1 } })
  },
  update (db, c, n) {
    const co = this.coll(db, n)
    return writes(c.updates, (u, i) => {
      const hits = u.multi ? [...co.match(u.q)] : co.select(u.q, { limit: 1 })
      if (!hits.length && u.upsert) {
        const d = applyUpdate(seedFromQuery(u.q), u.u, true)
        const doc = '_id' in d ? d : { _id: OID + new ObjectId().toHexString(), ...d }
        co.put(doc)
        return { n: 1, nModified: 0, upserted: { index: i, _id: outward(doc._id) } }
      }
      let mod = 0
      for (const old of hits) { const d = applyUpdate(old, u.u); if (JSON.stringify(d) !== JSON.stringify(old)) mod++; co.put(d, old) }
      return { n: hits.length, nModified: mod }
    })
  },
  delete (db, c, n) {
    const co = this.coll(db, n)
    return writes(c.deletes, d => { const hits = d.limit === 1 ? co.select(d.q, { limit: 1 }) : [...co.match(d.q)]; hits.forEach(x => co.del(x)); return { n: hits.length } })
  },
  find (db, c, n) {
    return this.cursor(`${db}.${n}`, this.coll(db, n).select(c.filter || {}, { sort: c.sort, skip: c.skip, limit: c.limit, projection: c.projection }))
  },
  getMore (db, c, id) { const k = String(id); const cur = this.cursors.get(k); if (!cur) throw new MongoErr(43, 'CursorNotFound', `cursor id ${k} not found`); this.cursors.delete(k); return this.cursor(cur.ns, cur.rest, 'nextBatch', Number(k)) },
  count (db, c, n) { return { n: this.coll(db, n).select(c.query || {}, { skip: c.skip, limit: c.limit }).length, ok: 1 } },
  distinct (db, c, n) {
    const vals = new Map()
    for (const d of this.coll(db, n).match(c.query || {})) for (const v of [].concat(get(d, c.key))) if (v !== undefined) vals.set(keyOf(v), v)
    return { values: [...vals.values()].map(outward), ok: 1 }
  },
  aggregate (db, c, n) {
    const docs = typeof n === 'string' ? [...this.coll(db, n).docs.values()] : []
    const out = new Aggregator(c.pipeline, { collectionResolver: x => [...this.coll(db, x).docs.values()] }).run(docs.map(clone))
    return c.cursor ? this.cursor(`${db}.${n}`, out) : { result: out.map(outward), ok: 1 }
  },
  findAndModify (db, c, n) {
    const co = this.coll(db, n)
    const q = c.query || {}; const projection = c.fields || c.projection
    const [old] = co.select(q, { sort: c.sort, limit: 1 })
    const shape = d => d == null ? null : outward(projection && Object.keys(projection).length ? find([d], {}, projection).all()[0] : d)
    if (c.remove) { if (old) co.del(old); return { lastErrorObject: { n: old ? 1 : 0 }, value: shape(old), ok: 1 } }
    if (!old) {
      if (!c.upsert) return { lastErrorObject: { updatedExisting: false, n: 0 }, value: null, ok: 1 }
      const d = applyUpdate(seedFromQuery(q), c.update, true)
      const doc = '_id' in d ? d : { _id: OID + new ObjectId().toHexString(), ...d }
      co.put(doc)
      return { lastErrorObject: { updatedExisting: false, upserted: outward(doc._id), n: 1 }, value: c.new ? shape(doc) : null, ok: 1 }
    }
    const d = applyUpdate(old, c.update)
    co.put(d, old)
    return { lastErrorObject: { updatedExisting: true, n: 1 }, value: shape(c.new ? d : old), ok: 1 }
  }
}
COMMANDS.findandmodify = COMMANDS.findAndModify

// --- wire
const DES = { promoteBuffers: false }
function reply (reqId, opcode, doc) {
  const body = serialize(doc, { ignoreUndefined: true })
  const head = opcode === 2013 ? Buffer.alloc(21) : Buffer.alloc(36)
  head.writeInt32LE(head.length + body.length, 0)
  head.writeInt32LE((reply.id = ((reply.id || 0) + 1) & 0x7fffffff), 4)
  head.writeInt32LE(reqId, 8)
  if (opcode === 2013) head.writeInt32LE(2013, 12)
  else { head.writeInt32LE(1, 12); head.writeInt32LE(8, 16); head.writeInt32LE(1, 32) }
  return Buffer.concat([head, body])
}
function parse (buf) {
  const reqId = buf.readInt32LE(4); const opcode = buf.readInt32LE(12)
  if (opcode === 2004) {
    let p = 20; const z = buf.indexOf(0, p); const ns = buf.toString('utf8', p, z); p = z + 1 + 8
    const cmd = deserialize(buf.subarray(p, p + buf.readInt32LE(p)), DES)
    const inner = cmd.$query || cmd.query && !('find' in cmd || 'count' in cmd || 'distinct' in cmd || 'findAndModify' in cmd || 'findandmodify' in cmd) ? (cmd.$query || cmd.query) : cmd
    return { reqId, opcode, db: ns.split('.')[0], cmd: inner, noReply: false }
  }
  if (opcode === 2013) {
    const flags = buf.readUInt32LE(16); let p = 20; let cmd = {}; const seqs = {}
    const end = buf.length - (flags & 1 ? 4 : 0)
    while (p < end) {
      const kind = buf[p++]
      if (kind === 0) { const n = buf.readInt32LE(p); cmd = deserialize(buf.subarray(p, p + n), DES); p += n } else {
        const stop = p + buf.readInt32LE(p); p += 4
        const z = buf.indexOf(0, p); const id = buf.toString('utf8', p, z); p = z + 1
        const list = seqs[id] = []
        while (p < stop) { const n = buf.readInt32LE(p); list.push(deserialize(buf.subarray(p, p + n), DES)); p += n }
      }
    }
    return { reqId, opcode, db: cmd.$db, cmd: Object.assign(cmd, seqs), noReply: !!(flags & 2) }
  }
  return { reqId, opcode, unsupported: true }
}

function createServer (opts = {}) {
  const store = new Store(); const log = opts.log || (() => {})
  const server = net.createServer(sock => {
    let buf = Buffer.alloc(0)
    sock.setNoDelay(true)
    sock.on('error', () => {})
    sock.on('data', chunk => {
      buf = buf.length ? Buffer.concat([buf, chunk]) : chunk
      while (buf.length >= 16) {
        const len = buf.readInt32LE(0)
        if (buf.length < len) break
        const m = parse(buf.subarray(0, len)); buf = buf.subarray(len)
        if (m.unsupported) { log('unsupported opcode', m.opcode); continue }
        let out
        try { out = store.run(m.db, inward(m.cmd)) } catch (e) {
          log('error', m.db, JSON.stringify(m.cmd).slice(0, 400), e instanceof MongoErr ? e.message : e.stack)
          out = { ok: 0, errmsg: e.message, code: e.code || 8, codeName: e.codeName || 'UnknownError' }
        }
        if (!m.noReply) sock.write(reply(m.reqId, m.opcode, out))
      }
    })
  })
  server.store = store
  return server
}
module.exports = { createServer }
if (require.main === module) {
  const port = +(process.argv[2] || 27317); const host = process.argv[3] || '127.0.0.1'
  createServer({ log: (...a) => console.error(new Date().toISOString(), ...a) }).listen(port, host, () => console.log(`minimongo mongodb://${host}:${port}`))
}
