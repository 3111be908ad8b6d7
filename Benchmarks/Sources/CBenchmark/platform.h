#ifndef CB_PLATFORM_H
#define CB_PLATFORM_H

#ifndef __has_feature
#define __has_feature(x) 0
#endif

// Sanitizers bring an allocator of their own and do not bear being single-stepped.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) \
    || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CB_SANITIZED 1
#else
#define CB_SANITIZED 0
#endif

#endif
