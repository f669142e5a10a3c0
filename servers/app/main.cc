// The ropewalk command.
#include "ropewalk/servers/app/app.h"

int main(int argc, char** argv) { return ropewalk::app::run(argc, argv); }
