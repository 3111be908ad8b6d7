import MDM
import MDMRedundancy

// Who there is, and what they do all day.
extension Office {
  /// Everybody gets devices, contacts and an account.
  func hire() {
    for name in OfficeNames.draw(self.settings.people, using: &self.random) {
      self.add(name, devices: self.drawDevices())
    }
    if let guest = self.settings.guest { self.add(guest, devices: self.drawDevices()) }
    for place in self.people.indices { self.people[place].contacts = self.drawContacts(of: place) }
  }

  /// - Parameter node: where it is to be at home; nil where there is more room.
  private func add(
    _ name: String, devices: [OfficeDevice], isLoad: Bool = false, on node: NodeID? = nil
  ) {
    let account = AccountName(OfficeNames.account(of: name))
    guard self.places[account] == nil,
      case .node(let fitting)? = try? self.assignment.add(account, while: .normal)
    else { return }
    if let node { try? self.assignment.assign(account, to: node) }
    self.places[account] = self.people.count
    self.archived.append(.start)
    self.people.append(
      Person(
        name: name, account: account, home: node ?? fitting, isLoad: isLoad, devices: devices))
  }

  private func drawDevices() -> [OfficeDevice] {
    let isApple = self.random.chance(3, in: 5)
    var devices = [
      OfficeDevice(name: "laptop", kind: .desktop, isPushEnabled: false, isOffPremise: false),
      OfficeDevice(
        name: "phone", kind: isApple ? .iPhone : .androidPhone, isPushEnabled: isApple,
        isOffPremise: self.random.chance(1, in: 2)),
    ]
    if self.random.chance(2, in: 5) {
      devices.append(
        OfficeDevice(
          name: "tablet", kind: isApple ? .iPad : .androidTablet, isPushEnabled: false,
          isOffPremise: false))
    }
    return devices
  }

  /// A handful of people, neighbours first: a team.
  private func drawContacts(of place: Int) -> [Int] {
    let count = self.people.count
    var contacts: [Int] = []
    for step in [1, 2, 3, count - 1, count - 2] { contacts.append((place + step) % count) }
    contacts.append(self.random.below(count))
    var seen: Set<Int> = [place]
    return contacts.filter { seen.insert($0).inserted }
  }

  /// A session that only takes room.
  func addLoad(_ number: Int, kind: DeviceKind, on node: NodeID?) {
    self.add(
      "load-\(number)",
      devices: [
        OfficeDevice(name: "client", kind: kind, isPushEnabled: false, isOffPremise: false)
      ], isLoad: true, on: node)
    let place = self.people.count - 1
    self.seat(place)
    self.logIn(place, 0)
  }

  // MARK: - The day

  /// Makes everybody's plan for the day.
  func beginDay() {
    let day = OfficeTime.day(of: self.now)
    self.mix(UInt64(day))
    self.history.begin()
    for place in self.people.indices where !self.people[place].isLoad {
      self.planDay(of: place)
    }
    self.agenda.add(.morning, at: OfficeTime.instant(day: day + 1, minute: OfficeTime.morning))
  }

  private func planDay(of place: Int) {
    let arrival = self.random.number(in: 440...545)
    let lunch = self.random.number(in: 695...770)
    let leaving = self.random.number(in: 975...1_110)
    self.schedule(.arrive(place), atMinute: arrival)
    self.schedule(
      .goOut(place, minutes: self.random.number(in: 25...50), device: nil), atMinute: lunch)
    for hour in [10, 14, 15] where self.random.chance(1, in: 2) {
      let tablet = self.people[place].devices.firstIndex { $0.name == "tablet" }
      self.schedule(
        .goOut(place, minutes: self.random.number(in: 25...55), device: tablet),
        atMinute: hour * 60 + self.random.below(20))
    }
    self.schedule(.leave(place), atMinute: leaving)
    for minute in stride(from: OfficeTime.morning, to: OfficeTime.evening, by: 75) {
      self.schedule(.poll(place), atMinute: minute + self.random.below(70))
    }
    if let phone = self.people[place].phone {
      if !self.people[place].devices[phone].isWanted {
        self.schedule(.logIn(place, device: phone), in: 0...600)
      }
      self.schedule(.pickUp(place), atMinute: self.random.number(in: 400...435))
      for _ in 0..<self.random.number(in: 1...5) {
        self.schedule(.pickUp(place), atMinute: self.random.number(in: 540...1_050))
      }
      self.schedule(.pickUp(place), atMinute: self.random.number(in: 1_115...1_215))
      self.schedule(
        .loseConnection(place, device: phone, seconds: self.random.number(in: 10...80)),
        atMinute: self.random.number(in: 480...1_080))
    }
  }

  /// Sits down at the laptop.
  func arrive(_ place: Int) {
    self.people[place].place = .desk
    self.logIn(place, 0)
    self.use(0, of: place)
    self.schedule(.think(place), in: 20...400)
  }

  /// Goes home: the laptop is shut down.
  func leave(_ place: Int) {
    guard self.people[place].place != .home else { return }
    self.people[place].place = .home
    self.leaveLaptop(place)
    for device in self.people[place].devices.indices
    where !self.people[place].devices[device].isPhone { self.signOut(place, device) }
  }

  /// Leaves the desk for a while, with the tablet if there is one and it is a meeting.
  func goOut(_ place: Int, _ minutes: Int, _ device: Int?) {
    guard self.people[place].place == .desk else { return }
    self.people[place].place = .out
    self.setPresence(.available(.away), place, 0)
    self.leaveLaptop(place)
    if let device, self.people[place].inUse == nil {
      self.logIn(place, device)
      self.use(device, of: place)
    } else if self.random.chance(1, in: 2) {
      self.schedule(.pickUp(place), in: 30...900)
    }
    let back = Int64(minutes) * OfficeTime.minute
    self.agenda.add(.comeBack(place), at: self.now.advanced(byNanoseconds: back))
  }

  /// Is back at the desk.
  func comeBack(_ place: Int) {
    guard self.people[place].place == .out else { return }
    self.people[place].place = .desk
    if let device = self.people[place].inUse {
      if self.people[place].devices[device].isPhone {
        self.putDown(place)
      } else if device > 0 {
        self.signOut(place, device)
      }
    }
    self.use(0, of: place)
    self.setPresence(.available(), place, 0)
    self.catchUp(place, 0)
  }

  /// Takes the phone out.
  func pickUp(_ place: Int) {
    let isFree = [nil, 0].contains(self.people[place].inUse)
    guard let phone = self.people[place].phone, isFree, self.people[place].seat != nil else {
      return
    }
    self.resume(place, phone)
    guard self.people[place].devices[phone].isUp else { return }
    self.setMode(.normal, place, phone)
    self.setPresence(.available(), place, phone)
    self.use(phone, of: place)
    self.catchUp(place, phone)
    self.schedule(.putDown(place), in: 40...280)
    if self.random.chance(1, in: 3) { self.schedule(.think(place), in: 5...30) }
  }

  /// Puts the phone back into the pocket.
  func putDown(_ place: Int) {
    guard let phone = self.people[place].phone, self.people[place].inUse == phone else { return }
    // Back to the laptop, if it was only a glance.
    self.use(self.people[place].place == .desk ? 0 : nil, of: place)
    self.setPresence(.available(.away), place, phone)
    self.setMode(.quiet, place, phone)
    if self.people[place].devices[phone].isPushEnabled {
      self.schedule(.sink(place), in: 240...900)
    }
  }

  /// The phone's system takes the connection away; its push service stays.
  func sink(_ place: Int) {
    guard let phone = self.people[place].phone, self.people[place].inUse != phone,
      self.people[place].devices[phone].isUp
    else { return }
    self.lose(place, phone)
  }

  /// Looks at the laptop no longer; a phone that is out stays out.
  private func leaveLaptop(_ place: Int) {
    if self.people[place].inUse == 0 { self.use(nil, of: place) }
  }

  /// Looks at another device, or at none.
  func use(_ device: Int?, of place: Int) { self.people[place].inUse = device }
}
