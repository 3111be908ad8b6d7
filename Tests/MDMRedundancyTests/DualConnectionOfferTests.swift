import MDMRedundancy
import Testing

@Suite("DualConnectionOffer")
struct DualConnectionOfferTests {
  typealias Server = DualConnectionServerFacts
  typealias Client = DualConnectionClientFacts

  @Test("R-186…R-188: a second connection is offered when server, client and gateway allow it")
  func offered() {
    let offer = DualConnectionOffer(server: Server(), client: Client(gatewayRelease: 14))
    #expect(offer.isMade && offer.hasPeer && offer.obstacles == [])
  }

  @Test("R-194, R-195: with high availability off on either side there is neither offer nor peer")
  func highAvailabilityOff() {
    let server = DualConnectionOffer(server: Server(highAvailability: false), client: Client())
    #expect(server.obstacles == [.highAvailabilityOffInServer])
    #expect(!server.hasPeer)
    let client = DualConnectionOffer(server: Server(), client: Client(highAvailability: false))
    #expect(client.obstacles == [.highAvailabilityOffInClient])
    #expect(!client.hasPeer)
  }

  @Test("R-102: a single node offers none")
  func singleNode() {
    let offer = DualConnectionOffer(server: Server(), client: Client(), isPair: false)
    #expect(offer.obstacles == [.highAvailabilityOffInServer] && !offer.hasPeer)
  }

  @Test("R-186, R-188, R-192: switch, encryption and releases; the peer is there all the same")
  func otherObstacles() {
    let offer = DualConnectionOffer(
      server: Server(secureClientMode: false, release: 12),
      client: Client(dualConnections: false, release: 13, gatewayRelease: 12))
    #expect(
      offer.obstacles == [
        .switchedOffInClient, .notSecure, .serverTooOld, .clientTooOld, .gatewayTooOld,
      ])
    #expect(!offer.isMade && offer.hasPeer)
  }
}
