// The README's example, word for word; ReadmeTests sees to that.
import MDM

func introduce(_ print: (Effect) -> Void, at now: MonotonicInstant) throws -> Counters {
  var engine = MessagingEngine(startingAt: now)
  var effects = Effects()
  let alice = try engine.open("alice@example.org", at: now, into: &effects)
  let laptop = SignIn(device: "laptop", kind: .desktop)
  let phone = SignIn(device: "phone", kind: .iPhone, presence: .available(.away))
  try engine.signIn(laptop, to: alice, at: now, into: &effects)
  let pocket = try engine.signIn(phone, to: alice, at: now, into: &effects).device
  engine.setMode(.quiet, of: pocket, at: now, into: &effects)

  // Delivered to the laptop, which rings; held for the phone, which sleeps on.
  let hello = Stanza(.chat, conversation: "bob@example.org", payload: Array("Hello!".utf8))
  engine.receive(hello, for: alice, at: now, into: &effects)

  // Alice picks up the phone: it gets what it missed, and does not ring again.
  engine.setMode(.normal, of: pocket, at: now.advanced(by: .seconds(40)), into: &effects)
  for effect in effects { print(effect) }
  return engine.counters(at: now.advanced(by: .seconds(40)))
}
