// What the page knows and what it shows. Whatever is drawn is drawn from here, after every change.

export const HOME = "home";

export const world = {
  people: {}, // id -> person, the app included
  persons: [], // whom one may act as
  bot: null,
  channels: [],
  messages: new Map(), // ts -> message
  homes: {}, // person -> the view of their Home tab
  modals: {}, // person -> the modal that is open for them
  me: "",
  place: "", // the id of a channel, or HOME
  thread: null, // ts of the message whose replies are shown
};

const marks = new Map(); // "person channel" -> ts of the last message they have seen
const watchers = [];
let start = null; // what was there when the page opened counts as read

/** Call `draw` after every change, with what changed. */
export const watch = (draw) => watchers.push(draw);

export function changed(what = {}) {
  markRead();
  watchers.forEach((draw) => draw(what));
}

/** Everything anew, as after the first connection and after a lost one. */
export function load(channel) {
  world.persons = channel.people;
  world.bot = channel.bot;
  world.people = Object.fromEntries([...channel.people, channel.bot].map((each) => [each.id, each]));
  world.channels = channel.channels;
  world.messages = new Map(channel.messages.map((message) => [message.ts, message]));
  world.homes = channel.homes ?? {};
  world.modals = channel.modals ?? {};
  const last = localStorage.getItem("person");
  if (!world.people[world.me]) world.me = channel.people.some((each) => each.id === last) ? last : channel.people[0].id;
  if (world.place !== HOME && !world.channels.some((each) => each.id === world.place)) world.place = world.channels[0].id;
  if (!world.messages.has(world.thread)) world.thread = null;
  start ??= latest([...world.messages.values()]);
  changed({ whole: true });
}

/** A message that is new or changed. */
export function put(message) {
  const before = world.messages.get(message.ts);
  if (message.deleted) world.messages.delete(message.ts);
  else world.messages.set(message.ts, message);
  // What the app answers to one person in a thread would otherwise go unseen.
  if (!before && message.thread_ts && message.viewer === world.me && message.channel === world.place) {
    world.thread = message.thread_ts;
  }
  changed({ message, before });
}

export function actAs(person) {
  world.me = person;
  localStorage.setItem("person", person);
  changed({ person });
}

export function goTo(place) {
  world.place = place;
  world.thread = null;
  changed({ place });
}

/** Show the replies to a message, or none. */
export function showThread(ts) {
  const closed = ts === null ? world.thread : null;
  world.thread = ts;
  changed({ thread: ts, closed });
}

export const visible = (message) => !message.viewer || message.viewer === world.me;

/** The replies to a message that the person acting can see. */
export function repliesTo(ts) {
  return [...world.messages.values()].filter((each) => each.thread_ts === ts && visible(each));
}

/** What stands in a channel itself: replies only where they were sent there too, or where what they answer is gone. */
export function standing(channel) {
  const inChannel = (each) => !each.thread_ts || each.broadcast || !world.messages.has(each.thread_ts);
  return [...world.messages.values()].filter((each) => each.channel === channel && visible(each) && inChannel(each));
}

/** How many messages in a channel the person acting has not seen. */
export function unread(channel) {
  const seen = marks.get(`${world.me} ${channel}`) ?? start ?? "";
  return standing(channel).filter((each) => each.ts > seen && each.author !== world.me).length;
}

function markRead() {
  if (world.place !== HOME) marks.set(`${world.me} ${world.place}`, latest(standing(world.place)));
}

function latest(messages) {
  return messages.reduce((most, each) => (each.ts > most ? each.ts : most), "");
}
