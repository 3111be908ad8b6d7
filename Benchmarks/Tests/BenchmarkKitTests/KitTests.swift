import Testing

/// All tests of the harness, one at a time: allocations are counted for the whole process, so what
/// another test allocates meanwhile would count as well.
@Suite("The harness", .serialized)
struct KitTests {}
