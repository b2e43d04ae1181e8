/* A process that is only there to be reported: it says that a monitor is ready, or drained.
 * Dynamic, so that a preloaded library is carried along too. */

int main(void)
{
	return 0;
}
