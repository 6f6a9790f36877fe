/* Thread-local storage, as a host may have it: where it is preloaded, every thread's stack has that much less room. */
_Thread_local volatile char much[192 * 1024];
__attribute__((constructor)) static void touch(void) { much[0] = 1; }
