# ropewalk_lint(target): checks the target's sources before it is built, for what g++ 12 makes a double free of inside
# co_await expressions (docs/deferred.md, "Traps of g++ 12"). A finding is an error with file and line. A source is read again
# when it, or a header of the project that it includes, has changed. Needs Python 3; comes with find_package(ropewalk).
# Looks at the sources that the target has at the end of the CMakeLists.txt which calls it.
function(ropewalk_lint target)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "ropewalk_lint(${target}): there is no such target; call it after add_executable or add_library")
  endif()
  # A deferred call reads its variables when it runs, at the end: the name has to be in its text.
  cmake_language(EVAL CODE "cmake_language(DEFER CALL _ropewalk_lint_sources [[${target}]])")
endfunction()

function(_ropewalk_lint_sources target)
  set(lint "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/lint")
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  get_target_property(sources ${target} SOURCES)
  get_target_property(source_dir ${target} SOURCE_DIR)
  file(GLOB scripts "${lint}/*.py")
  set(folders "$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>")
  set(stamps "")
  foreach(source IN LISTS sources)
    if(NOT source MATCHES "\\.(cc|cpp|cxx|c\\+\\+|C|h|hh|hpp|hxx|ipp)$" OR source MATCHES "^\\$<")
      continue()
    endif()
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${source_dir}" NORMALIZE)
    string(MD5 name "${source}")
    set(stamp "${CMAKE_CURRENT_BINARY_DIR}/${target}_lint/${name}.stamp")
    add_custom_command(
      OUTPUT "${stamp}"
      COMMAND "${Python3_EXECUTABLE}" "${lint}/ropewalk_lint.py"
              "$<$<BOOL:${folders}>:--include=$<JOIN:${folders},;--include=>>" --stamp "${stamp}" --depfile "${stamp}.d"
              "${source}"
      DEPENDS "${source}" ${scripts}
      DEPFILE "${stamp}.d"
      COMMENT "Looking at co_await expressions in ${source}"
      COMMAND_EXPAND_LISTS VERBATIM)
    list(APPEND stamps "${stamp}")
  endforeach()
  if(stamps STREQUAL "")
    message(FATAL_ERROR "ropewalk_lint(${target}): there is nothing to look at, the target has no C++ source at the end of "
                        "${CMAKE_CURRENT_SOURCE_DIR}/CMakeLists.txt")
  endif()
  file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/${target}_lint")
  add_custom_target(${target}_lint DEPENDS ${stamps})
  add_dependencies(${target} ${target}_lint)
endfunction()
