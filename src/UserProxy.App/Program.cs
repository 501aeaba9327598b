System.Console.WriteLine("userproxy");
