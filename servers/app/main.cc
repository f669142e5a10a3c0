// The ropewalk command.
#include "app.h"

int main(int argc, char** argv) { return ropewalk::app::run(argc, argv); }
