#include <expat.h>

// Reparse deferral came with Expat 2.6.0, and distributions carried it back to older versions
// without a change of version number: whether it is there is known when the library is loaded.
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled)
    __attribute__((weak));

// Makes the parser report a token when its last byte has arrived.
static inline void shim_report_tokens_at_once(XML_Parser parser) {
  if (XML_SetReparseDeferralEnabled) {
    XML_SetReparseDeferralEnabled(parser, XML_FALSE);
  }
}
