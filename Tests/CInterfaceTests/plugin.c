/* A host's plugin that does something when it is loaded, which the loader waits for. */
void (*plugin_is_loading)(void) __attribute__((weak));

__attribute__((constructor)) static void load(void) {
    if (plugin_is_loading) plugin_is_loading();
}
