/* Run once before the monitor says that it is ready: a program that uses the C library and nothing else.
 * It is the monitor's own because any other may be static, and then its silence would say nothing. */
int main(void) { return 0; }
