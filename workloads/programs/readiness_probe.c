/* A process that exists to be reported: once it is, a monitor is ready, or has drained.
 * Dynamic, so that a preloaded library is loaded into it too; static where no loader is installed. */

int main(void)
{
    return 0;
}
