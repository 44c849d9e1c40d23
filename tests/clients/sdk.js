// A bot by @rocket.chat/sdk 0.2 (driver and api): joins ROOM, answers "ping", tries what the driver can do.
// Says what it does in lines of JSON.
const { driver, api } = require('@rocket.chat/sdk')

const say = (event, fields = {}) => console.log(JSON.stringify({ event, ...fields }))
const quiet = { debug () {}, info () {}, warn () {}, warning () {}, error () {} }
const room = process.env.ROOM
// A message comes again whenever it changes, with a reaction too.
const answered = new Set()

async function answer (message, meta) {
  const sent = await driver.sendToRoom('pong', room)
  await driver.setReaction(':thumbsup:', message._id)
  await driver.editMessage({ _id: sent._id, rid: sent.rid, msg: 'pong, changed' })
  await driver.sendDirectToUser('just you', message.u.username)
  const name = await driver.getRoomName(message.rid)
  const whole = driver.prepareMessage({ msg: 'with a picture', attachments: [{ title: 'a' }] }, message.rid)
  await driver.sendMessage(whole)
  const refusal = await driver.asyncCall('joinRoom', ['none']).catch((error) => error)
  say('answered', { meta, name, ts: message.ts, refusal })
}

async function main () {
  driver.useLog(quiet)
  await driver.connect()
  say('connected')
  say('logged in', { id: await driver.login() })
  await driver.joinRooms([room])
  await driver.subscribeToMessages()
  driver.reactToMessages((error, message, meta) => {
    if (error) return say('error', { error: String(error) })
    if (message.msg === 'ping' && !answered.has(message._id)) {
      answered.add(message._id)
      answer(message, meta).catch(fail)
    }
    if (message.msg === 'bye') leave().catch(fail)
  })
  await api.login()
  const me = await api.get('me', {}, true)
  const info = await api.get('users.info', { username: me.username }, true)
  const posted = await api.post('chat.postMessage', { roomId: await driver.getRoomId(room), text: 'by REST' })
  say('ready', { me: me.username, info: info.user.username, posted: posted.message.msg })
}

async function leave () {
  await driver.leaveRoom(await driver.getRoomId(room))
  await api.logout()
  await driver.disconnect()
  say('gone')
  process.exit(0)
}

function fail (error) {
  say('failed', { error: String((error && error.stack) || JSON.stringify(error)) })
  process.exit(1)
}

// A refused call also rejects a promise of asteroid's that nobody waits for, with nothing.
process.on('unhandledRejection', (error) => error && fail(error))
main().catch(fail)
